internal import Foundation

/// Where the ranks of a host write down what they are at, so that one that waits in vain can say
/// for whom.
///
/// A file without a name that the ranks share, a record of text for each. A rank that hangs or was
/// stopped cannot answer a question any more, but what it wrote is there.
final class RankBoard {
    /// What a rank wrote last.
    struct Record: Equatable {
        var process: Int32
        /// What the rank is at, in a word of the program that uses the ranks.
        var stage: String
        /// How many collectives of each group it has started.
        var counts: [String: Int]
    }

    private static let recordLength = 512
    private let descriptor: Int32
    private let rank: Int
    private var record: Record

    /// - Parameters:
    ///   - path: of a file that the ranks of this host open, or make, before one of them removes it.
    ///   - rank: this process's rank among all.
    /// - Throws: `ParallelError` where the file cannot be opened.
    init(path: String, rank: Int, process: Int32 = getpid()) throws(ParallelError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .libraryFailed(
                call: "open of \(path)", reason: String(cString: strerror(errno)))
        }
        self.rank = rank
        record = Record(process: process, stage: "start", counts: [:])
        write()
    }

    deinit { close(descriptor) }

    /// What this rank is at.
    var stage: String {
        get { record.stage }
        set {
            record.stage = newValue
            write()
        }
    }

    /// Notes that this rank starts its next collective of a group.
    ///
    /// - Returns: its number, from 1.
    func noteStart(in group: String) -> Int {
        record.counts[group, default: 0] += 1
        write()
        return record.counts[group, default: 0]
    }

    /// What a rank wrote last; nil for one of another host.
    func record(of rank: Int) -> Record? {
        var bytes = [UInt8](repeating: 0, count: Self.recordLength)
        let offset = off_t(rank * Self.recordLength)
        guard pread(descriptor, &bytes, bytes.count, offset) > 0 else { return nil }
        let lines = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 2, let process = Int32(lines[0]) else { return nil }
        var counts: [String: Int] = [:]
        for line in lines.dropFirst(2) {
            let words = line.split(separator: "=")
            if words.count == 2, let count = Int(words[1]) { counts[String(words[0])] = count }
        }
        return Record(process: process, stage: String(lines[1]), counts: counts)
    }

    // A record that cannot be written, say on a full disk, is one that others miss.
    private func write() {
        var text = "\(record.process)\n\(record.stage)\n"
        for (group, count) in record.counts { text += "\(group)=\(count)\n" }
        var bytes = [UInt8](text.utf8.prefix(Self.recordLength - 1))
        bytes += [UInt8](repeating: 0, count: Self.recordLength - bytes.count)
        _ = pwrite(descriptor, bytes, bytes.count, off_t(rank * Self.recordLength))
    }

    /// What the ranks of a group are at that have not started a group's collective of that number.
    ///
    /// - Parameter members: the group's ranks among all.
    /// - Returns: a line for each rank that is known to be missing, and the ranks of which nothing
    ///   is known.
    func missing(from group: String, number: Int, members: [Int]) -> (
        lines: [String], unknown: [Int]
    ) {
        var lines: [String] = []
        var unknown: [Int] = []
        for member in members where member != rank {
            guard let record = record(of: member) else {
                unknown.append(member)
                continue
            }
            // One that has come and was stopped or killed then is missing too.
            guard
                record.counts[group, default: 0] < number
                    || !Self.condition(of: record.process).isEmpty
            else { continue }
            lines.append(Self.line(for: member, record))
        }
        return (lines, unknown)
    }

    /// What one rank is at, in words.
    func line(for rank: Int) -> String? {
        record(of: rank).map { Self.line(for: rank, $0) }
    }

    private static func line(for rank: Int, _ record: Record) -> String {
        "rank \(rank) (process \(record.process)\(condition(of: record.process))), in "
            + record.stage
    }

    /// What the system says of a process where that is more than that it is there.
    private static func condition(of process: Int32) -> String {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        else { return ", gone" }
        // The name, in parentheses, may hold anything.
        switch text.split(separator: ")").last?.first(where: { $0 != " " }) {
        case "T", "t": return ", stopped"
        case "Z", "X": return ", dead"
        default: return ""
        }
    }
}
