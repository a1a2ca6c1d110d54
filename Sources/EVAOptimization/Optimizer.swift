package import EVALayers
package import Torch
internal import TorchParallel

/// Moves parameters by their gradients: the groups, the moments, and how often it has done so.
///
/// Where ranks share the units, each keeps the moments of its share and moves that alone.
package final class Optimizer {
    package let groups: [ParameterGroup]
    package let rule: any UpdateRule
    /// The number of steps taken.
    package private(set) var stepCount = 0
    private let store: ParameterStore
    private let parts: [Part]

    /// What the optimizer does in one unit.
    private struct Part {
        let unit: ParameterUnit
        /// The unit's parameters that are in a group, in order.
        let segments: [ParameterUnit.Segment]
        /// The number of each segment's group.
        let groups: [Int]
        /// Those segments of which this rank moves something.
        let own: Range<Int>
        /// In the layout of the unit's share.
        let firstMoments: Tensor
        let secondMoments: Tensor?

        /// What of a segment lies in the share, counted from the share's start.
        func range(_ index: Int) -> Range<Int> {
            let range = segments[index].range.clamped(to: unit.share)
            return range.lowerBound - unit.share.lowerBound..<range.upperBound
                - unit.share.lowerBound
        }
    }

    /// - Parameters:
    ///   - groups: what is trained, each parameter in one group.
    ///   - store: the model's parameters, in units.
    package init(_ groups: [ParameterGroup], over store: ParameterStore, rule: any UpdateRule) {
        self.groups = groups
        self.rule = rule
        self.store = store
        let pairs = groups.enumerated().flatMap { index, group in
            group.parameters.map { ($0.name, index) }
        }
        let groupByName = Dictionary(uniqueKeysWithValues: pairs)
        parts = store.units.compactMap { unit in
            let members = unit.segments.compactMap { segment in
                groupByName[segment.parameter.name].map { (segment: segment, group: $0) }
            }
            guard !members.isEmpty else { return nil }
            let moments = {
                Tensor.full([unit.share.count], 0, device: unit.values.device)
            }
            return Part(
                unit: unit, segments: members.map(\.segment), groups: members.map(\.group),
                own: Self.overlapping(members.map(\.segment.range), unit.share),
                firstMoments: moments(),
                secondMoments: rule.keepsSecondMoments ? moments() : nil)
        }
        guard parts.reduce(0, { $0 + $1.segments.count }) == pairs.count else {
            fatalError("an optimizer's parameters do not lie in its units")
        }
    }

    /// The ranges that share elements with a share; they are in order.
    private static func overlapping(_ ranges: [Range<Int>], _ share: Range<Int>) -> Range<Int> {
        let first = ranges.firstIndex { $0.upperBound > share.lowerBound } ?? ranges.count
        let end = ranges.firstIndex { $0.lowerBound >= share.upperBound } ?? ranges.count
        return first..<max(first, end)
    }

    /// Takes one step with the gradients that the units hold; the ranks of a run take it together.
    ///
    /// - Parameter rateMultiplier: the schedule's share of each group's learning rate.
    /// - Throws: `ParallelError` where the ranks cannot sum what a rule needs of whole tensors.
    package func step(rateMultiplier: Double) throws {
        stepCount += 1
        try withoutGradient {
            store.collectGradients()
            try rule.apply(
                parts.map { update(of: $0, rateMultiplier) }, step: stepCount, sums: sums)
        }
    }

    private func update(of part: Part, _ rateMultiplier: Double) -> FlatUpdate {
        guard let gradients = part.unit.shareGradients else {
            fatalError("the unit '\(part.unit.name)' has no gradient")
        }
        if !part.unit.isShared,
            let missing = part.segments.first(where: { $0.parameter.gradient == nil })
        {
            fatalError("parameter '\(missing.parameter.name)' has no gradient")
        }
        return FlatUpdate(
            parameters: part.unit.shareValues, gradients: gradients,
            firstMoments: part.firstMoments, secondMoments: part.secondMoments,
            segments: part.own.map { part.unit.shareRange(of: part.segments[$0].range) },
            rates: part.own.map { groups[part.groups[$0]].learningRate * rateMultiplier },
            decays: part.own.map { groups[part.groups[$0]].weightDecay })
    }

    /// How what each rank has of tensors is summed; nil where every rank has all of them.
    private var sums: TensorSums? {
        guard let ranks = store.sharding?.ranks,
            ranks.layerParts.size > 1 || parts.contains(where: \.unit.isShared)
        else { return nil }
        return TensorSums(
            ranks,
            parts: parts.map {
                .init(
                    total: $0.segments.count, own: $0.own, isShared: $0.unit.isShared,
                    split: $0.segments.map(\.parameter.isSplit))
            })
    }

    /// One moment of one parameter, as a checkpoint keeps it.
    package struct Moment {
        /// `first_moment.visual.blocks.0.attn.proj.weight`.
        package let name: String
        package let parameter: Parameter
        /// The unit that the parameter lies in.
        package let unit: ParameterUnit
        /// Where it begins in the unit.
        package let segment: Range<Int>
        /// The moments of this rank's share of the unit.
        package let share: Tensor
    }

    /// The moments by name, unit by unit: all first ones of a unit, then its second ones.
    package var moments: [Moment] {
        parts.flatMap { part in
            let kinds =
                [("first_moment", part.firstMoments)]
                + (part.secondMoments.map { [("second_moment", $0)] } ?? [])
            return kinds.flatMap { kind, share in
                part.segments.map { segment in
                    Moment(
                        name: "\(kind).\(segment.parameter.name)", parameter: segment.parameter,
                        unit: part.unit, segment: segment.range, share: share)
                }
            }
        }
    }

    /// Sets how often the optimizer has stepped, after its moments were restored.
    package func resume(stepCount: Int) {
        self.stepCount = stepCount
    }
}

extension Optimizer.Moment {
    /// What of the moment this rank has: a view of its elements in the share, flat.
    package var own: Tensor {
        share.sliced(unit.shareRange(of: segment), dimension: 0)
    }

    /// Which elements of the parameter those are.
    package var ownRange: Range<Int> { unit.ownRange(of: segment) }
}
