package import EVALayers
package import Torch

/// Moves parameters by their gradients: the groups, the moments, and how often it has done so.
package final class Optimizer {
    package let groups: [ParameterGroup]
    package let rule: any UpdateRule
    /// The number of steps taken.
    package private(set) var stepCount = 0
    private let shares: [Share]

    /// What the optimizer does in one unit.
    private struct Share {
        let unit: ParameterUnit
        /// The unit's parameters that are in a group, in order.
        let segments: [ParameterUnit.Segment]
        /// The number of each segment's group.
        let groups: [Int]
        /// In the layout of the unit.
        let firstMoments: Tensor
        let secondMoments: Tensor?
    }

    /// - Parameters:
    ///   - groups: what is trained, each parameter in one group.
    ///   - units: the buffers that the parameters lie in.
    package init(
        _ groups: [ParameterGroup], over units: [ParameterUnit], rule: any UpdateRule
    ) {
        self.groups = groups
        self.rule = rule
        let pairs = groups.enumerated().flatMap { index, group in
            group.parameters.map { ($0.name, index) }
        }
        let groupByName = Dictionary(uniqueKeysWithValues: pairs)
        shares = units.compactMap { unit in
            let members = unit.segments.compactMap { segment in
                groupByName[segment.parameter.name].map { (segment: segment, group: $0) }
            }
            guard !members.isEmpty else { return nil }
            return Share(
                unit: unit, segments: members.map(\.segment), groups: members.map(\.group),
                firstMoments: unit.values.zerosLike(),
                secondMoments: rule.keepsSecondMoments ? unit.values.zerosLike() : nil)
        }
        guard shares.reduce(0, { $0 + $1.segments.count }) == pairs.count else {
            fatalError("an optimizer's parameters do not lie in its units")
        }
    }

    /// Takes one step with the gradients that the parameters hold.
    ///
    /// - Parameter rateMultiplier: the schedule's share of each group's learning rate.
    package func step(rateMultiplier: Double) {
        stepCount += 1
        withoutGradient {
            for share in shares {
                share.unit.collectGradients()
                let missing = share.segments.first { $0.parameter.gradient == nil }
                guard missing == nil, let gradients = share.unit.gradients else {
                    fatalError(
                        "parameter '\(missing?.parameter.name ?? share.unit.name)' has no gradient")
                }
                rule.apply(
                    FlatUpdate(
                        parameters: share.unit.values, gradients: gradients,
                        firstMoments: share.firstMoments, secondMoments: share.secondMoments,
                        segments: share.segments.map(\.range),
                        rates: share.groups.map { groups[$0].learningRate * rateMultiplier },
                        decays: share.groups.map { groups[$0].weightDecay }),
                    step: stepCount)
            }
        }
    }

    /// The moments by name, as a checkpoint keeps them: views into their buffers, in the order of
    /// the groups.
    package var namedMoments: [(name: String, tensor: Tensor)] {
        var places: [String: (share: Share, segment: ParameterUnit.Segment)] = [:]
        for share in shares {
            for segment in share.segments { places[segment.parameter.name] = (share, segment) }
        }
        var named: [(name: String, tensor: Tensor)] = []
        for parameter in groups.flatMap(\.parameters) {
            guard let (share, segment) = places[parameter.name] else { continue }
            func add(_ kind: String, _ buffer: Tensor) {
                let view = buffer.sliced(segment.range, dimension: 0).reshaped(parameter.shape)
                named.append(("\(kind).\(parameter.name)", view))
            }
            add("first_moment", share.firstMoments)
            if let moments = share.secondMoments { add("second_moment", moments) }
        }
        return named
    }

    /// Sets how often the optimizer has stepped, after its moments were restored.
    package func resume(stepCount: Int) {
        self.stepCount = stepCount
    }
}
