internal import Foundation

/// The limits that control groups, of version 1 or 2, set to this process: what containers and job
/// schedulers are limited by.
struct ControlGroup {
    /// The processors' time that the process may use, in processors; one number for each group on
    /// the way to the root that limits it.
    let quotas: [Double]
    /// The most memory in bytes, likewise.
    let memoryLimits: [Int]

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
        var limits: [Int] = []
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let controllers = parts[1].split(separator: ",")
            // In a container the path may be that of the host; then the mount itself is the group.
            for folder in Self.folders(root, controllers: String(parts[1]), path: String(parts[2]))
            {
                func number(_ name: String) -> Double? { Self.words(folder + "/" + name)?.first }
                if controllers.isEmpty {
                    if let words = Self.words(folder + "/cpu.max"), words.count == 2, words[1] > 0 {
                        quotas.append(words[0] / words[1])
                    }
                    if let most = number("memory.max") { limits.append(Int(clamping: most)) }
                }
                if controllers.contains("cpu"), let quota = number("cpu.cfs_quota_us"), quota > 0,
                    let period = number("cpu.cfs_period_us"), period > 0
                {
                    quotas.append(quota / period)
                }
                if controllers.contains("memory"), let most = number("memory.limit_in_bytes") {
                    limits.append(Int(clamping: most))
                }
            }
        }
        self.quotas = quotas
        memoryLimits = limits
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
