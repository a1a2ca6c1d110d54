internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch

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

    /// Names of the parameters whose weights are not finite.
    var nonfiniteWeights: [String] {
        clip.store.parameters.filter { !Self.isFinite($0.master) }.map(\.name)
    }

    /// Names of the parameters whose gradients are not finite.
    var nonfiniteGradients: [String] {
        clip.store.parameters.filter { $0.gradient.map { !Self.isFinite($0) } ?? false }
            .map(\.name)
    }

    /// A finite loss says nothing of the update that followed it.
    ///
    /// - Throws: `TrainingError` where a weight is not finite.
    func requireFiniteWeights(afterStep step: Int) throws {
        let norm = withoutGradient {
            Tensor.stacked(Foreach.norms(clip.store.parameters.map(\.master)), dimension: 0).norm()
        }.item()
        guard norm.isFinite else {
            throw TrainingError(
                "the weights are not finite after step \(step); the last checkpoint is "
                    + "unharmed; lower the learning rate or lengthen the warm-up")
        }
    }

    private static func isFinite(_ tensor: Tensor) -> Bool {
        withoutGradient { tensor.allFinite().item() != 0 }
    }
}
