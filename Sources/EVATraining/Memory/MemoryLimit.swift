internal import Foundation

/// The most memory that this process can get, and what keeps it from getting more.
package struct MemoryLimit: Sendable {
    package let bytes: Double
    /// What sets the limit.
    package let reason: String

    /// The tightest limit: the machine's memory and swap, the control group's, or what is left of
    /// `ulimit -v` and `ulimit -d`.
    package static var present: MemoryLimit {
        let limits = [machine, controlGroup, addressSpace, data].compactMap { $0 }
        return limits.min { $0.bytes < $1.bytes }
            ?? MemoryLimit(bytes: .infinity, reason: "no limit is known")
    }

    /// Refuses what clearly cannot be had; an estimate that is off by a half passes.
    ///
    /// - Parameters:
    ///   - bytes: what is needed by estimate.
    ///   - what: what needs it, with the setting that makes it so large.
    ///   - remedy: what to do about it.
    /// - Throws: `TrainingError` with both figures.
    package func require(_ bytes: Double, for what: String, remedy: String) throws(TrainingError) {
        guard bytes > 1.5 * self.bytes else { return }
        throw TrainingError(
            "\(what) needs about \(Self.text(bytes)) of memory, and this process can have "
                + "\(Self.text(self.bytes)) (\(reason)); \(remedy)")
    }

    /// A number of bytes for people.
    package static func text(_ bytes: Double) -> String {
        let megabytes = bytes / 1_048_576
        return megabytes < 1024
            ? String(format: "%.0f MiB", megabytes) : String(format: "%.1f GiB", megabytes / 1024)
    }

    private static var machine: MemoryLimit? {
        let lines = text(ofFile: "/proc/meminfo").split(separator: "\n")
        func kilobytes(_ name: String) -> Double? {
            lines.first { $0.hasPrefix(name + ":") }?.split(separator: " ").dropFirst().first
                .flatMap { Double($0) }
        }
        return kilobytes("MemTotal").map {
            MemoryLimit(
                bytes: ($0 + (kilobytes("SwapFree") ?? 0)) * 1024, reason: "the machine's memory")
        }
    }

    /// The least limit of the process's group and of those above it, of either version.
    private static var controlGroup: MemoryLimit? {
        var limits: [Double] = []
        for line in text(ofFile: "/proc/self/cgroup").split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isSecond = fields[1].isEmpty
            guard isSecond || fields[1].split(separator: ",").contains("memory") else { continue }
            let root = isSecond ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
            let name = isSecond ? "memory.max" : "memory.limit_in_bytes"
            var group = String(fields[2])
            while true {
                let limit = text(ofFile: root + group + "/" + name)
                    .trimmingCharacters(in: .whitespacesAndNewlines)
                if let limit = Double(limit) { limits.append(limit) }
                guard group.count > 1 else { break }
                group = (group as NSString).deletingLastPathComponent
            }
        }
        return limits.min().map { MemoryLimit(bytes: $0, reason: "the control group's limit") }
    }

    private static var addressSpace: MemoryLimit? {
        rest(of: RLIMIT_AS, used: 0, reason: "ulimit -v")
    }

    private static var data: MemoryLimit? { rest(of: RLIMIT_DATA, used: 5, reason: "ulimit -d") }

    /// - Parameter used: the place in `/proc/self/statm` of what counts against the limit.
    private static func rest(of resource: __rlimit_resource, used: Int, reason: String)
        -> MemoryLimit?
    {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
            limit.rlim_cur < rlim_t(Int.max)
        else { return nil }
        let pages = text(ofFile: "/proc/self/statm").split(separator: " ")
        let usedBytes = pages.count > used ? (Double(pages[used]) ?? 0) * Double(getpagesize()) : 0
        return MemoryLimit(bytes: max(0, Double(limit.rlim_cur) - usedBytes), reason: reason)
    }

    private static func text(ofFile path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
