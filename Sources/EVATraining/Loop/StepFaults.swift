internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch

/// Finds and lists what was not finite in steps that were skipped, and ends a run of too many.
struct StepFaults {
    let model: TrainedModel
    let data: TrainingData
    let files: RunFiles
    let precision: PrecisionConfiguration
    let device: Device

    private static let mostTensors = 20

    /// Says what was not finite in a step.
    ///
    /// - Parameter state: where the run stood before the step.
    /// - Throws: `TrainingError` where the weights are not finite or too many steps in a row were
    ///   not; `TorchError` where the machine cannot compute the features again.
    func examine(_ fault: StepFault, after state: TrainingState) throws -> NonfiniteStep {
        let isOverflow = fault.isOverflow(at: state.lossScale)
        // An overflow is the factor's fault, not a sample's.
        let skipped = try describe(fault, after: state, namingSuspects: !isOverflow)
        try files.append(skipped)
        guard !isOverflow else { return skipped }
        try model.requireFiniteWeights(afterStep: state.step)
        let count = state.nonfiniteSteps + 1
        let limit = precision.maxNonfiniteSteps
        guard count <= limit else {
            throw TrainingError(
                "\(skipped); that is \(count) in a row, and --max_nonfinite_steps "
                    + "allows \(limit); tensors and samples are in \(files.nonfinitePath); lower "
                    + "the learning rate, lengthen the warm-up or leave those samples out")
        }
        return skipped
    }

    /// Looks for what is not finite, in the order of computation.
    ///
    /// - Parameter namingSuspects: whether to compute the features again to find the samples.
    private func describe(
        _ fault: StepFault, after state: TrainingState, namingSuspects: Bool
    ) throws -> NonfiniteStep {
        var tensors: [String] = []
        var suspects: [SampleName] = []
        if namingSuspects {
            try throwingTorchFailures {
                try model.whileWhole {
                    tensors += model.nonfiniteWeights
                    try data.forEachBatch(of: fault.samples) { batch in
                        for (name, rows) in try nonfiniteRows(batch) {
                            if !tensors.contains(name) { tensors.append(name) }
                            suspects += rows.map { batch.sampleNames[$0] }
                        }
                    }
                }
            }
        }
        if !fault.loss.isFinite { tensors.append("the loss") }
        tensors += fault.gradients.map { "the gradient of \($0)" }
        let names = fault.samples.names
        return NonfiniteStep(
            step: state.step + 1, loss: fault.loss.isFinite ? fault.loss : nil,
            lossScale: state.lossScale?.value,
            tensors: Array(tensors.prefix(Self.mostTensors)), tensorCount: tensors.count,
            samples: NonfiniteStep.grouped(names),
            suspects: NonfiniteStep.grouped(names.filter(Set(suspects).contains)))
    }

    /// The rows of a batch that are not finite, in pixels and in features.
    private func nonfiniteRows(_ batch: HostBatch) throws -> [(String, [Int])] {
        try withoutGradient {
            let inputs = try DeviceBatch(batch, device: device)
            let context = ForwardContext.evaluation(computeDType: precision.computeDType)
            return [
                ("pixels", inputs.images.flattened(from: 1)),
                ("image features", model.clip.encodeImages(inputs.images, context)),
                ("text features", model.clip.encodeTexts(inputs.ids, context)),
            ].map { name, rows in
                // Nothing but what is not finite is left of a row times zero.
                let sums = (rows * 0.0).sum(dimension: 1).floats()
                return (name, sums.indices.filter { !sums[$0].isFinite })
            }.filter { !$0.1.isEmpty }
        }
    }
}
