internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import Torch

// One training step; the stages stand in the order in which they happen.
extension Trainer {
    /// Takes one optimizer step over one loss, or over several that are averaged.
    ///
    /// - Parameter next: gives the batches of the step's next loss.
    /// - Returns: what was not finite, so that the weights stayed as they were; nil as a rule.
    /// - Throws: `TorchError` when the machine cannot compute it: memory that is used up, say. The
    ///   weights may be half of this step's then.
    func step(_ next: () throws -> [HostBatch]) throws -> NonfiniteStep? {
        try throwingTorchFailures { try takeStep(next) }
    }

    private func takeStep(_ next: () throws -> [HostBatch]) throws -> NonfiniteStep? {
        let stepLoss = Tensor.full([], 0, device: device)
        var samples = StepSamples()
        for index in 0..<plan.lossesPerStep {
            let batches = try next()
            samples.add(batches)
            let loss = try addGradient(
                of: batches, share: 1 / Double(plan.lossesPerStep),
                random: random.stream(state.step).stream(index))
            clip.store.collectGradients()
            stepLoss.add(inPlace: loss)
        }
        // The GPU has the gradients still to compute; the update waits for them.
        if state.step + 1 < state.totalSteps { stager?.lookAhead() }
        let skipped = try update(stepLoss: stepLoss, samples)
        state.step += 1
        state.unreportedSteps += 1
        return skipped
    }
}
