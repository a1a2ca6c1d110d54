import Foundation
import Glibc

/// The samples that could not be read: each named once in a file of JSON lines.
///
/// A line is `{"file": source, "reason": text, "record": index}` with indices from 0. Lines are
/// appended whole, so what stands in the file is complete whenever the run ends.
package final class BadSampleLog {
    private struct Entry: Codable, Hashable {
        var file: String
        var record: Int
        var reason: String
    }

    private struct Name: Hashable {
        var file: String
        var record: Int
    }

    /// Where the samples are listed; `nil` counts only.
    package let path: String?
    private var named: Set<Name> = []
    private var counts: [String: Int] = [:]
    private let encoder: JSONEncoder

    /// Opens the list.
    ///
    /// - Parameters:
    ///   - path: The file of JSON lines; `nil` counts only.
    ///   - resuming: Whether lines that are there belong to this run; otherwise they are removed.
    /// - Throws: `DataError` when the file cannot be written.
    package init(path: String? = nil, resuming: Bool = false) throws {
        self.path = path
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let path else { return }
        if resuming {
            let text = FileManager.default.contents(atPath: path) ?? Data()
            for line in text.split(separator: UInt8(ascii: "\n")) {
                // A line that a full disk cut short names nothing.
                guard let entry = try? JSONDecoder().decode(Entry.self, from: line) else {
                    continue
                }
                insert(Name(file: entry.file, record: entry.record))
            }
        } else if unlink(path) != 0, errno != ENOENT {
            throw Self.unwritable(path)
        }
    }

    /// How many samples of a source are bad so far.
    package func count(in source: String) -> Int { counts[source] ?? 0 }

    /// How many samples are bad so far, of all sources.
    package var count: Int { named.count }

    /// Takes note of a bad sample, unless it is known.
    ///
    /// - Throws: `DataError` when the file cannot be written.
    func note(_ record: Int, of source: String, reason: String) throws {
        guard insert(Name(file: source, record: record)), let path else { return }
        var line = try encoder.encode(Entry(file: source, record: record, reason: reason))
        line.append(UInt8(ascii: "\n"))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.unwritable(path) }
        defer { close(descriptor) }
        // One call a line: lines of several processes never mix.
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == line.count else { throw Self.unwritable(path) }
    }

    @discardableResult
    private func insert(_ name: Name) -> Bool {
        guard named.insert(name).inserted else { return false }
        counts[name.file, default: 0] += 1
        return true
    }

    private static func unwritable(_ path: String) -> DataError {
        DataError(path, "cannot be written: \(String(cString: strerror(errno)))")
    }
}
