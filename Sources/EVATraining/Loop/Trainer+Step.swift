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
    /// - Throws: what ends the run, `TorchError` where the machine cannot compute the step. The state
    ///   is then what it was before the step.
    func step(_ next: () throws -> [HostBatch]) throws -> NonfiniteStep? {
        let before = state
        do {
            let skipped = try throwingTorchFailures { try takeStep(next) }
            state.step += 1
            state.unreportedSteps += 1
            return skipped
        } catch {
            clip.store.clearGradients()
            state = before
            throw error
        }
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
            stepLoss.add(inPlace: loss)
        }
        // The GPU has the gradients still to compute; the update waits for them.
        if state.step + 1 < state.totalSteps { stager?.lookAhead() }
        return try update(stepLoss: stepLoss, samples)
    }
}
