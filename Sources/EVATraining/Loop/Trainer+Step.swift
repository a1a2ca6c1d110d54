internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch

// One training step; the stages stand in the order in which they happen.
extension Trainer {
    /// Takes one optimizer step over one batch, or over several whose losses are averaged.
    ///
    /// Nothing is read back from the device.
    ///
    /// - Returns: the gradient's norm before clipping, a scalar on the device.
    func step(_ batches: [HostBatch]) throws -> Tensor {
        for (index, batch) in batches.enumerated() {
            let batch = try DeviceBatch(batch, device: device)
            let context = ForwardContext.training(
                computeDType: computeDType, random: random.stream(state.step).stream(index),
                recomputesActivations: configuration.precision.recomputesActivations)
            let loss =
                try loss(
                    images: clip.encodeImages(batch.images, context),
                    texts: clip.encodeTexts(batch.ids, context),
                    logitScale: clip.logitScale.value, keys: batch.keys) / Double(batches.count)
            loss.backward()
            lossSum.add(inPlace: loss.detached())
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
