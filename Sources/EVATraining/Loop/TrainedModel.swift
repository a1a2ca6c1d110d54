internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch
internal import TorchParallel

/// Every tensor that training changes: weights, their moments and average, and the figures that
/// wait for a report.
struct TrainedModel {
    let clip: CLIP
    let optimizer: Optimizer
    /// The moving average of the weights.
    let average: WeightAverage?
    /// The losses since the last report, summed on the device.
    let lossSum: Tensor
    /// The gradient's norm in the last step that was taken, before clipping.
    let gradientNorm: Tensor

    /// Whether ranks share the units, so that none has all moments, or all parameters.
    var isShared: Bool { clip.store.units.contains(where: \.isShared) }

    /// Calls `body` while this rank has all weights; all ranks call it.
    func whileWhole<Result>(changes: Bool = false, _ body: () throws -> Result) throws -> Result {
        guard let sharding = clip.store.sharding else { return try body() }
        return try sharding.whileWhole(changes: changes, body)
    }

    /// Names of the parameters whose weights are not finite, while this rank has all weights.
    var nonfiniteWeights: [String] {
        clip.store.parameters.filter { !Self.isFinite($0.master) }.map(\.name)
    }

    /// Names of the parameters whose gradients are not finite, on any rank.
    func nonfiniteGradients() throws -> [String] {
        let (store, parameters) = (clip.store, clip.store.parameters)
        var isFaulty: [String: Bool] = [:]
        for unit in store.units {
            for segment in unit.segments {
                let range = unit.shareRange(of: segment.range)
                let gradient =
                    unit.isShared && !range.isEmpty
                    ? unit.shareGradients?.sliced(range, dimension: 0)
                    : segment.parameter.gradient
                isFaulty[segment.parameter.name] = gradient.map { !Self.isFinite($0) } ?? false
            }
        }
        let own = parameters.map { Int64(isFaulty[$0.name] == true ? 1 : 0) }
        let all = Tensor(own, shape: [own.count])
        try store.sharding?.ranks.world.sum(inPlace: all)
        return zip(parameters, all.integers()).filter { $0.1 > 0 }.map(\.0.name)
    }

    /// A finite loss says nothing of the update that followed it.
    ///
    /// All ranks ask together.
    ///
    /// - Throws: `TrainingError` where a weight is not finite.
    func requireFiniteWeights(afterStep step: Int) throws {
        let store = clip.store
        let own = withoutGradient {
            Tensor.stacked(Foreach.norms(store.units.map(\.shareValues)), dimension: 0).norm()
        }
        let ranks = store.sharding?.ranks.world
        let norms = try ranks.map { try $0.gather(own.reshaped([1])) } ?? own
        guard withoutGradient({ norms.norm() }).item().isFinite else {
            throw TrainingError(
                "the weights are not finite after step \(step); the last checkpoint is "
                    + "unharmed; lower the learning rate or lengthen the warm-up")
        }
    }

    private static func isFinite(_ tensor: Tensor) -> Bool {
        withoutGradient { tensor.allFinite().item() != 0 }
    }
}
