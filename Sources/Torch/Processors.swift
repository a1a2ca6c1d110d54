internal import CThreads
internal import Glibc

/// How many threads this process can run at once.
package enum Processors {
    /// What the scheduler's affinity mask and the control groups' quotas of time allow; at least 1.
    ///
    /// A container that may use two of 64 processors has two, as one with `cpu.max` of 200 % has.
    package static let available = count(
        affinity: Int(cth_affinity_count()), quotas: ControlGroup.own().quotas)

    /// What each of several ranks on this host may use without taking it from the others.
    ///
    /// A launcher may bind each rank to processors of its own; it runs on all itself, so that how
    /// many there are is seen from it.
    package static func share(amongRanks count: Int) -> Int {
        guard count > 1 else { return available }
        return share(
            amongRanks: count, own: Int(cth_affinity_count()),
            launcher: Int(cth_affinity_count_of(getppid())), quotas: ControlGroup.own().quotas)
    }

    static func share(amongRanks ranks: Int, own: Int, launcher: Int, quotas: [Double]) -> Int {
        let all = count(affinity: max(own, launcher), quotas: quotas)
        return max(1, min(own, all / ranks))
    }

    /// A quota of part of a processor counts as a whole one.
    static func count(affinity: Int, quotas: [Double]) -> Int {
        let quota = quotas.min() ?? .infinity
        return max(1, quota < Double(affinity) ? Int(quota.rounded(.up)) : affinity)
    }
}
