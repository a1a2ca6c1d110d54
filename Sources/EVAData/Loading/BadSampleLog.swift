import Foundation
import Glibc

/// The samples that could not be read: each named once in a file of JSON lines.
///
/// A line is `{"file": source, "reason": text, "record": index}` with indices from 0, and `"missing"`
/// where a record stands for others that are missing with it. Lines are appended whole, so what
/// stands in the file is complete whenever the run ends.
///
/// Memory is bounded: of a million samples it is known exactly which were named. Beyond, only samples
/// whose hash ends in a zero bit are looked at, then in two, and so on; each stands for as many as
/// share its ending, and is no longer listed.
package final class BadSampleLog {
    private struct Entry: Codable {
        var file: String
        var record: Int
        var reason: String
        var missing: Int?
    }

    /// What cannot be read of one file.
    package struct Counts: Sendable, Equatable {
        package var broken = 0
        package var missing = 0
    }

    private static let longestReason = 2000
    private static let longestLine = 1 << 16

    /// Where the samples are listed; `nil` counts only.
    package let path: String?
    /// By file.
    package private(set) var files: [String: Counts] = [:]
    /// How many samples are bad or missing so far, of all sources.
    package private(set) var count = 0
    private let limit: Int
    private var named: Set<Int64> = []
    private var ignoredBits = 0
    private let encoder: JSONEncoder

    /// Opens the list.
    ///
    /// - Parameters:
    ///   - path: The file of JSON lines; `nil` counts only.
    ///   - resuming: Whether lines that are there belong to this run; otherwise they are removed.
    ///   - limit: How many samples are known exactly.
    /// - Throws: `DataError` when the file cannot be written, or read where it is to be gone on with.
    package init(path: String? = nil, resuming: Bool = false, limit: Int = 1 << 20) throws {
        self.path = path
        self.limit = limit
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let path else { return }
        if resuming {
            if access(path, F_OK) == 0 { try readList(path) }
        } else if unlink(path) != 0, errno != ENOENT {
            throw Self.unwritable(path)
        }
    }

    /// Whether counts are estimates, and not every sample is listed.
    package var isEstimate: Bool { ignoredBits > 0 }

    /// How many samples of a source are bad or missing so far.
    package func count(in source: String) -> Int {
        files[source].map { $0.broken + $0.missing } ?? 0
    }

    /// Takes note of a bad sample, unless it is known.
    ///
    /// - Parameter missing: How many samples are missing where this record begins; 0 for one that is
    ///   there and broken.
    /// - Throws: `DataError` when the file cannot be written.
    func note(_ record: Int, of source: String, reason: String, missing: Int = 0) throws {
        guard insert(record, of: source, missing: missing), let path, !isEstimate else { return }
        var shown = reason
        if reason.unicodeScalars.count > Self.longestReason {
            // By scalars: one character can be endless.
            shown = String(reason.unicodeScalars.prefix(Self.longestReason)) + " ..."
        }
        var line = try encoder.encode(
            Entry(
                file: source, record: record, reason: shown,
                missing: missing > 0 ? missing : nil))
        line.append(UInt8(ascii: "\n"))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.unwritable(path) }
        defer { close(descriptor) }
        // One call a line: lines of several processes never mix.
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == line.count else { throw Self.unwritable(path) }
    }

    private func readList(_ path: String) throws {
        let file = try SequentialFile(path: path)
        var line: [UInt8] = []
        while try file.readLine(into: &line, limit: Self.longestLine) != nil {
            // A line that a full disk cut short names nothing.
            if let entry = try? JSONDecoder().decode(Entry.self, from: Data(line)) {
                _ = insert(entry.record, of: entry.file, missing: max(0, entry.missing ?? 0))
            }
            line.removeAll(keepingCapacity: true)
        }
    }

    /// Whether a sample is new.
    private func insert(_ record: Int, of source: String, missing: Int) -> Bool {
        let file = UInt64(bitPattern: StableHash.of(source.utf8))
        let hash = Int64(
            bitPattern: SplitMix64.mix(file ^ SplitMix64.mix(UInt64(bitPattern: Int64(record)))))
        guard hash.trailingZeroBitCount >= ignoredBits, named.insert(hash).inserted else {
            return false
        }
        let weight = 1 << ignoredBits
        if missing > 0 {
            files[source, default: Counts()].missing += missing * weight
            count += missing * weight
        } else {
            files[source, default: Counts()].broken += weight
            count += weight
        }
        while named.count > limit {
            ignoredBits += 1
            named = named.filter { $0.trailingZeroBitCount >= ignoredBits }
        }
        return true
    }

    private static func unwritable(_ path: String) -> DataError {
        DataError(path, "cannot be written: \(String(cString: strerror(errno)))")
    }
}
