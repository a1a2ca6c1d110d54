internal import Torch
package import TorchParallel

/// What the ranks of a run do together with the units of a model: they sum gradients while backward
/// goes on, and share out what each keeps (ZeRO; Rajbhandari et al., arXiv 1910.02054).
///
/// With one rank all of it is nothing, on the same path.
///
/// A collective that fails in the middle of forward or backward is noted, nothing more is sent, and
/// the error is thrown where the pass ends.
package final class ParameterSharding {
    /// What is divided among the ranks of the sharding axis; each includes those before.
    package enum Stage: Int, Sendable, Comparable, CaseIterable {
        case nothing
        /// The optimizer's moments, and the average of the weights.
        case moments
        /// Gradients, from when a unit's backward has ended.
        case gradients
        /// The parameters too: a unit's are gathered just before they are needed.
        case parameters

        package static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
    }

    package let stage: Stage
    package let ranks: ParallelContext
    private let units: [ParameterUnit]
    private var unitByName: [String: ParameterUnit] = [:]
    /// Units that are gathered and let go around the layers that read them.
    private let bounded: Set<String>
    /// What is on its way, in the order in which it was started.
    private var underWay: [Reduction] = []
    private var reduced: Set<String> = []
    private var isLastPass = true
    /// Calls of `whileWhole` that are under way.
    private var wholeDepth = 0
    private var failure: (any Error)?

    private struct Reduction {
        let unit: ParameterUnit
        /// The share's sum; nil where all gradients of the unit are summed in place.
        let sum: Tensor?
        let pending: PendingCollective
    }

    /// Units with fewer elements are not divided.
    package static let smallestUnit = 1024

    init(
        _ stage: Stage, _ ranks: ParallelContext, units: [ParameterUnit], bounded: Set<String>
    ) {
        self.stage = stage
        self.ranks = ranks
        self.units = units
        self.bounded = bounded
        for unit in units { unitByName[unit.name] = unit }
    }

    /// Whether a unit of so many elements is divided, and which part is this rank's.
    static func owner(
        ofElements count: Int, _ stage: Stage, _ ranks: ParallelContext
    ) -> (rank: Int, of: Int)? {
        guard stage > .nothing, ranks.shards.size > 1, count >= smallestUnit else { return nil }
        return (ranks.shards.rank, ranks.shards.size)
    }

    /// Whether each rank keeps a part of some parameters alone.
    package var sharesParameters: Bool { stage == .parameters && ranks.shards.size > 1 }

    // MARK: Around a pass

    /// Begins a forward and backward pass over samples of this step.
    ///
    /// - Parameter isLast: whether no other pass adds to the step's gradients.
    package func beginPass(isLast: Bool) throws {
        isLastPass = isLast
        reduced = []
        try throwFailure()
        for unit in units where !bounded.contains(unit.name) { try makeWhole(unit) }
    }

    /// Ends a pass: collects what no layer has collected, and waits for the sums.
    ///
    /// After the last pass `shareGradients` are those of all ranks' samples.
    package func endPass() throws {
        for unit in units where !reduced.contains(unit.name) { endBackward(of: unit) }
        try throwFailure()
        try finishReductions(but: 0)
    }

    /// Waits for sums in the order in which they were started, but for the last few.
    private func finishReductions(but count: Int) throws {
        while underWay.count > count {
            let reduction = underWay.removeFirst()
            try reduction.pending.wait()
            guard let sum = reduction.sum else { continue }
            try ranks.replicas.sum(inPlace: sum)
            withoutGradient { reduction.unit.takeSum(sum) }
        }
    }

    /// Brings the parameters to what the ranks have made of their shares, after an update.
    package func spread() throws {
        try withoutGradient {
            for unit in units {
                guard !sharesParameters || !unit.isShared || wholeDepth > 0 else {
                    unit.letGo()
                    continue
                }
                try unit.spread(gather)
                if !unit.isShared { unit.refreshOperands() }
            }
        }
    }

    /// Keeps this rank's share of the parameters alone, once all of them are set.
    package func settle() {
        guard sharesParameters, wholeDepth == 0 else { return }
        withoutGradient {
            for unit in units where unit.isShared {
                unit.takeShare()
                unit.letGo()
            }
        }
    }

    /// Calls `body` while every rank holds all parameters; all ranks call it.
    ///
    /// - Parameter changes: whether `body` sets parameters, which are kept.
    package func whileWhole<Result>(changes: Bool = false, _ body: () throws -> Result) throws
        -> Result
    {
        guard sharesParameters else { return try body() }
        for unit in units { try makeWhole(unit) }
        wholeDepth += 1
        defer {
            wholeDepth -= 1
            withoutGradient {
                for unit in units where unit.isShared {
                    if changes { unit.takeShare() }
                    if wholeDepth == 0 { unit.letGo() }
                }
            }
        }
        return try body()
    }

    // MARK: Around the layers of a unit

    func enter(_ name: String) {
        guard sharesParameters, let unit = unitByName[name] else { return }
        noting { try makeWhole(unit) }
    }

    func leave(_ name: String) {
        guard sharesParameters, wholeDepth == 0, let unit = unitByName[name], unit.isShared else {
            return
        }
        withoutGradient { unit.letGo() }
    }

    func endBackward(of name: String) {
        guard let unit = unitByName[name] else { return }
        endBackward(of: unit)
    }

    private func endBackward(of unit: ParameterUnit) {
        reduced.insert(unit.name)
        withoutGradient {
            unit.collectGradients()
            if failure == nil { noting { try startReduction(of: unit) } }
        }
        leave(unit.name)
    }

    /// Whether the sum of a unit's gradients is due.
    private func startReduction(of unit: ParameterUnit) throws {
        guard let gradients = unit.gradients else { return }
        guard unit.isShared else {
            guard isLastPass, ranks.dataRanks.size > 1 else { return }
            let pending = try ranks.dataRanks.startSum(inPlace: gradients)
            underWay.append(Reduction(unit: unit, sum: nil, pending: pending))
            return
        }
        guard isLastPass || stage >= .gradients else { return }
        let sum = Tensor.empty([unit.share.count], dtype: .float32, device: gradients.device)
        let pending = try ranks.shards.start(.sumScatter(gradients, into: sum))
        underWay.append(Reduction(unit: unit, sum: sum, pending: pending))
        // All gradients of a unit are kept until they are summed: of few units at a time.
        try finishReductions(but: 1)
    }

    private func makeWhole(_ unit: ParameterUnit) throws {
        guard failure == nil else { return }
        try withoutGradient { try unit.makeWhole(gather) }
    }

    private func gather(_ share: Tensor, _ all: Tensor) throws {
        // Its place in the whole must not be read while it is written.
        let part = Tensor.empty(share.shape, dtype: share.dtype, device: share.device)
        part.copy(from: share)
        try ranks.shards.start(.gather(part, into: all)).wait()
    }

    private func noting(_ body: () throws -> Void) {
        guard failure == nil else { return }
        do { try body() } catch { failure = error }
    }

    private func throwFailure() throws {
        if let failure { throw failure }
    }
}
