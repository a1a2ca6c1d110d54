internal import CThreads

/// How many threads this process can run at once.
package enum Processors {
    /// What the scheduler's affinity mask and the control groups' quotas of time allow; at least 1.
    ///
    /// A container that may use two of 64 processors has two, as one with `cpu.max` of 200 % has.
    package static let available = count(
        affinity: Int(cth_affinity_count()), quotas: ControlGroup.own().quotas)

    /// A quota of part of a processor counts as a whole one.
    static func count(affinity: Int, quotas: [Double]) -> Int {
        let quota = quotas.min() ?? .infinity
        return max(1, quota < Double(affinity) ? Int(quota.rounded(.up)) : affinity)
    }
}
