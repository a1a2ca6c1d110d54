internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch

// One training step; the stages stand in the order in which they happen.
extension Trainer {
    /// Takes one optimizer step over one loss, or over several that are averaged.
    ///
    /// Nothing is read back from the device.
    ///
    /// - Parameter next: gives the batches of the step's next loss.
    /// - Returns: the gradient's norm before clipping, a scalar on the device.
    func step(_ next: () throws -> [HostBatch]) throws -> Tensor {
        for index in 0..<plan.lossesPerStep {
            let loss = try addGradient(
                of: next(), share: 1 / Double(plan.lossesPerStep),
                random: random.stream(state.step).stream(index))
            lossSum.add(inPlace: loss)
        }
        let norm = GradientNorm.clip(
            clip.store.parameters, to: configuration.optimization.maxGradientNorm ?? 0)
        optimizer.step(rateMultiplier: schedule.multiplier(afterSteps: state.step))
        clip.store.clearGradients()
        clip.clampLogitScale()
        state.step += 1
        state.unreportedSteps += 1
        return norm
    }
}
