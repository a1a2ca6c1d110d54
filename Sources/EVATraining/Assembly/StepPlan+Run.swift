internal import EVAConfiguration

// The steps of a run.
extension StepPlan {
    /// - Throws: `UsageError` where the run is measured in epochs and an epoch has no length;
    ///   `TrainingError` where a loss takes more batches than an epoch has.
    init(_ configuration: TrainingConfiguration, _ data: TrainingData) throws {
        try Self.refuseEpochs(of: data, configuration)
        let wanted = configuration.loss.accumulation
        if let batches = data.batchesPerEpoch, wanted > batches {
            throw TrainingError(
                "--contrastive_accumulation \(wanted): an epoch of \(data.name) has only "
                    + "\(batches) batches of \(configuration.data.batchSize); use a smaller "
                    + "--per_device_train_batch_size or more data")
        }
        self.init(
            batchesPerEpoch: data.batchesPerEpoch,
            accumulation: configuration.optimization.gradientAccumulationSteps,
            batchesPerLoss: wanted)
    }

    /// The steps of a whole run.
    ///
    /// - Throws: `ConfigurationError` for settings that do not go with so many.
    func totalSteps(_ configuration: TrainingConfiguration) throws -> Int {
        let optimization = configuration.optimization
        // A part of an epoch is a step at least.
        let steps =
            optimization.maxSteps ?? max(1, Int(Double(stepsPerEpoch) * optimization.epochs))
        let problems = configuration.validate(totalSteps: steps)
        guard problems.isEmpty else {
            throw ConfigurationError(source: "train", problems: problems)
        }
        return steps
    }

    /// What is otherwise than it was asked for.
    func notes(_ configuration: TrainingConfiguration) -> [String] {
        let wanted = configuration.optimization.gradientAccumulationSteps
        guard lossesPerStep < wanted else { return [] }
        return [
            "--gradient_accumulation_steps \(wanted): an epoch has only \(batchesPerEpoch) "
                + "batches, so a step takes \(lossesPerStep)"
        ]
    }

    private static func refuseEpochs(
        of data: TrainingData, _ configuration: TrainingConfiguration
    ) throws {
        guard data.sampleCount == nil else { return }
        var wanted: [String] = []
        if configuration.optimization.maxSteps == nil { wanted.append("--num_train_epochs") }
        if configuration.checkpoints.strategy == .epoch { wanted.append("--save_strategy epoch") }
        if configuration.logging.strategy == .epoch { wanted.append("--logging_strategy epoch") }
        if case .epochs = configuration.evaluation.schedule {
            wanted.append("--evaluation_strategy epoch")
        }
        guard !wanted.isEmpty else { return }
        throw UsageError(
            "\(data.name): how many samples it has is not known, so epochs cannot be counted "
                + "(\(wanted.joined(separator: ", "))); give the length of the run as --max_steps, "
                + "or that of an epoch as --train_num_samples")
    }
}
