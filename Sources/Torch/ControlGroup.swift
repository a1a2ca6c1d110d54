internal import Foundation

/// The limits that control groups, of version 1 or 2, set to this process: what containers and job
/// schedulers are limited by.
struct ControlGroup {
    /// The processors' time that the process may use, in processors; one number for each group on
    /// the way to the root that limits it.
    let quotas: [Double]
    /// The most memory in bytes, likewise.
    let memoryLimits: [Int]
    /// What is left below each limit; files that are only kept in case count as left.
    let memoryLeft: [Int]

    /// The groups of this process; without limits where there are none or they cannot be read.
    static func own() -> ControlGroup {
        let text = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
        return ControlGroup(membership: text ?? "", root: "/sys/fs/cgroup")
    }

    /// - Parameters:
    ///   - membership: lines such as `0::/system.slice/a.service` or `4:cpu,cpuacct:/docker/1a`.
    ///   - root: where the groups' file systems are mounted.
    init(membership: String, root: String) {
        var quotas: [Double] = []
        var memory: [(limit: Int, left: Int)] = []
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let controllers = parts[1].split(separator: ",")
            // In a container the path may be that of the host; then the mount itself is the group.
            for folder in Self.folders(root, controllers: String(parts[1]), path: String(parts[2]))
            {
                func number(_ name: String) -> Double? { Self.words(folder + "/" + name)?.first }
                func noteMemory(limit: String, used: String, kept: String) {
                    guard let most = number(limit) else { return }
                    let taken = (number(used) ?? 0) - Self.statistic(kept, in: folder)
                    memory.append((Int(clamping: most), Int(clamping: most - max(0, taken))))
                }
                if controllers.isEmpty {
                    if let words = Self.words(folder + "/cpu.max"), words.count == 2, words[1] > 0 {
                        quotas.append(words[0] / words[1])
                    }
                    noteMemory(limit: "memory.max", used: "memory.current", kept: "inactive_file")
                }
                if controllers.contains("cpu"), let quota = number("cpu.cfs_quota_us"), quota > 0,
                    let period = number("cpu.cfs_period_us"), period > 0
                {
                    quotas.append(quota / period)
                }
                if controllers.contains("memory") {
                    noteMemory(
                        limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes",
                        kept: "total_inactive_file")
                }
            }
        }
        self.quotas = quotas
        memoryLimits = memory.map(\.limit)
        memoryLeft = memory.map { max(0, $0.left) }
    }

    /// The group's folder and those above it, up to the mount.
    private static func folders(_ root: String, controllers: String, path: String) -> [String] {
        let mount = controllers.isEmpty ? root : root + "/" + controllers
        var folders = [mount]
        for name in path.split(separator: "/") where name != ".." {
            folders.append((folders.last ?? mount) + "/" + name)
        }
        return folders
    }

    /// A number of a group's `memory.stat`.
    private static func statistic(_ name: String, in folder: String) -> Double {
        let text = try? String(contentsOfFile: folder + "/memory.stat", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
    }

    /// The numbers of a file's first line; nil where one is none, as the word `max`.
    private static func words(_ path: String) -> [Double]? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let words = text.prefix { $0 != "\n" }.split(separator: " ")
        let numbers = words.compactMap { Double($0) }
        return numbers.count == words.count && !numbers.isEmpty ? numbers : nil
    }
}

extension Int {
    /// The nearest integer; the largest for numbers beyond all.
    fileprivate init(clamping value: Double) {
        self = value < Double(Int.max) ? Int(value) : .max
    }
}
