internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch

// From the gradients of a step to its weights, or to the decision to leave them.
extension Trainer {
    /// The gradient that backward starts with; nil for 1.
    var lossGradient: Tensor? {
        state.lossScale.map { Tensor.full([], $0.value, device: device) }
    }

    /// Moves the weights by the gradients, unless these or the loss are not finite.
    ///
    /// Whether they are is the one number that a step reads back from the device: the host has to
    /// know whether the step counts.
    ///
    /// - Parameters:
    ///   - stepLoss: a scalar on the device.
    ///   - samples: what the step learned from, to say where a fault comes from.
    /// - Returns: what was not finite; nil for a step that was taken.
    /// - Throws: `TrainingError` when too many steps in a row were not finite; `TorchError` when the
    ///   machine could not compute the gradients or the update.
    func update(stepLoss: Tensor, _ samples: StepSamples) throws -> NonfiniteStep? {
        defer { clip.store.clearGradients() }
        let parameters = clip.store.parameters
        let norm = GradientNorm.of(parameters)
        guard (norm + stepLoss).item().isFinite else {
            return try skip(loss: stepLoss.item(), samples)
        }
        gradientNorm.copy(
            from: GradientNorm.clip(
                parameters, norm: norm, to: configuration.optimization.maxGradientNorm ?? 0,
                lossScale: state.lossScale?.value ?? 1))
        // A failure in the middle is thrown before the weights count as whole again; one from before
        // is thrown here, while they still do.
        try throwingTorchFailures {
            isBetweenSteps = false
            optimizer.step(rateMultiplier: schedule.multiplier(afterSteps: state.step))
            clip.clampLogitScale()
            clip.store.refreshOperands()
            state.averagedSteps? += 1
            average?.update(step: state.averagedSteps ?? 0)
            lossSum.add(inPlace: stepLoss)
        }
        isBetweenSteps = true
        state.lossScale?.noteGoodStep()
        state.nonfiniteSteps = 0
        return nil
    }

    /// Leaves weights and moments as they are, and says why.
    private func skip(loss: Double, _ samples: StepSamples) throws -> NonfiniteStep {
        state.skippedSteps += 1
        state.unreportedSkips += 1
        if let scale = state.lossScale, loss.isFinite, scale.explainsOverflow {
            defer { state.lossScale?.noteOverflow() }
            return try note(nonfiniteStep(loss: loss, samples, namingSuspects: false))
        }
        let skipped = try note(nonfiniteStep(loss: loss, samples, namingSuspects: true))
        try refuseNonfiniteWeights()
        state.nonfiniteSteps += 1
        let limit = configuration.precision.maxNonfiniteSteps
        guard state.nonfiniteSteps <= limit else {
            throw TrainingError(
                "\(skipped); that is \(state.nonfiniteSteps) in a row, and --max_nonfinite_steps "
                    + "allows \(limit); tensors and samples are in \(nonfinite.path); lower the "
                    + "learning rate, lengthen the warm-up or leave those samples out")
        }
        return skipped
    }

    private func note(_ step: NonfiniteStep) throws -> NonfiniteStep {
        try nonfinite.append(step)
        return step
    }

    /// Looks for what is not finite, in the order of computation.
    ///
    /// - Parameter namingSuspects: whether to compute the features again to find the samples.
    private func nonfiniteStep(
        loss: Double, _ samples: StepSamples, namingSuspects: Bool
    ) throws -> NonfiniteStep {
        var tensors: [String] = []
        var suspects: [SampleName] = []
        if namingSuspects {
            tensors += clip.store.parameters.filter { !isFinite($0.master) }.map(\.name)
            try forEachBatch(of: samples) { batch in
                for (name, rows) in try nonfiniteRows(batch) {
                    if !tensors.contains(name) { tensors.append(name) }
                    suspects += rows.map { batch.sampleNames[$0] }
                }
            }
        }
        if !loss.isFinite { tensors.append("the loss") }
        tensors += clip.store.parameters.filter { $0.gradient.map { !isFinite($0) } ?? false }
            .map { "the gradient of \($0.name)" }
        return NonfiniteStep(
            step: state.step + 1, loss: loss.isFinite ? loss : nil,
            lossScale: state.lossScale?.value, tensors: Array(tensors.prefix(20)),
            tensorCount: tensors.count,
            samples: NonfiniteStep.grouped(samples.names),
            suspects: NonfiniteStep.grouped(samples.names.filter(Set(suspects).contains)))
    }

    /// Reads a step's batches again.
    private func forEachBatch(of samples: StepSamples, _ body: (HostBatch) throws -> Void) throws {
        guard let first = samples.first else { return }
        let loader = try data.batches(
            from: first.position, stream: first.stream, badSamples: BadSampleLog())
        defer { loader.stop() }
        for _ in 0..<samples.batchCount {
            if let batch = try loader.next() { try body(batch) }
        }
    }

    private func isFinite(_ tensor: Tensor) -> Bool {
        withoutGradient { tensor.allFinite().item() != 0 }
    }

    /// The rows of a batch that are not finite, in pixels and in features.
    private func nonfiniteRows(_ batch: HostBatch) throws -> [(String, [Int])] {
        try withoutGradient {
            let inputs = try DeviceBatch(batch, device: device)
            let context = ForwardContext.evaluation(computeDType: computeDType)
            return [
                ("pixels", inputs.images.flattened(from: 1)),
                ("image features", clip.encodeImages(inputs.images, context)),
                ("text features", clip.encodeTexts(inputs.ids, context)),
            ].map { name, rows in
                // Nothing but what is not finite is left of a row times zero.
                let sums = (rows * 0.0).sum(dimension: 1).floats()
                return (name, sums.indices.filter { !sums[$0].isFinite })
            }.filter { !$0.1.isEmpty }
        }
    }
}
