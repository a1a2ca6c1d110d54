internal import Foundation

/// How much memory this process can have, and what keeps it from having more.
package struct MachineMemory: Sendable {
    package let bytes: Int
    /// What sets the limit.
    package let reason: String

    /// The most that can be had: the machine's memory and swap, the control group's limit, or what is
    /// left of `ulimit -v` and `ulimit -d`.
    package static var total: MachineMemory {
        tightest(
            machine: kilobytes("MemTotal").map { $0 + (kilobytes("SwapFree") ?? 0) },
            group: ControlGroup.own().memoryLimits)
    }

    /// What can be had beside what is in use now, files that are only kept in case not counted.
    package static var available: MachineMemory {
        tightest(machine: kilobytes("MemAvailable"), group: ControlGroup.own().memoryLeft)
    }

    /// A number of bytes for people.
    package static func text(_ bytes: Double) -> String {
        let megabytes = bytes / 1_048_576
        return megabytes < 1024
            ? String(format: "%.0f MiB", megabytes) : String(format: "%.1f GiB", megabytes / 1024)
    }

    private static func tightest(machine kilobytes: Int?, group: [Int]) -> MachineMemory {
        let limits =
            [
                kilobytes.map { MachineMemory(bytes: $0 * 1024, reason: "the machine's memory") },
                group.min().map { MachineMemory(bytes: $0, reason: "the control group's limit") },
                rest(of: RLIMIT_AS, used: 0, reason: "ulimit -v"),
                rest(of: RLIMIT_DATA, used: 5, reason: "ulimit -d"),
            ]
        return limits.compactMap(\.self).min { $0.bytes < $1.bytes }
            ?? MachineMemory(bytes: .max, reason: "no limit is known")
    }

    private static func kilobytes(_ name: String) -> Int? {
        text(ofFile: "/proc/meminfo").split(separator: "\n").first { $0.hasPrefix(name + ":") }?
            .split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    /// - Parameter used: the place in `/proc/self/statm` of what counts against the limit.
    private static func rest(of resource: __rlimit_resource, used: Int, reason: String)
        -> MachineMemory?
    {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
            limit.rlim_cur < rlim_t(Int.max)
        else { return nil }
        let pages = text(ofFile: "/proc/self/statm").split(separator: " ")
        let usedBytes = pages.count > used ? (Int(pages[used]) ?? 0) * Int(getpagesize()) : 0
        return MachineMemory(bytes: max(0, Int(limit.rlim_cur) - usedBytes), reason: reason)
    }

    private static func text(ofFile path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
