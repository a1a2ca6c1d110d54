internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Foundation
internal import TorchParallel

/// Where a run begins: at a checkpoint, at published weights, or at weights drawn anew.
struct RunStart {
    private(set) var state: TrainingState
    private(set) var notes: [String] = []

    private let configuration: TrainingConfiguration
    private let plan: StepPlan
    private let model: TrainedModel
    /// The ranks that read different samples.
    private let readers: any ProcessGroup

    /// Sets the tensors of `model`.
    ///
    /// - Parameter state: that of a run which starts anew.
    /// - Throws: where a checkpoint does not fit the run or is damaged, `TrainingError`; where
    ///   weights are missing or of another network, `WeightsError` or `TensorFileError`.
    init(
        _ configuration: TrainingConfiguration, _ source: RunModel, claim: OutputClaim,
        plan: StepPlan, state: TrainingState, readers: any ProcessGroup,
        setting model: TrainedModel
    ) throws {
        self.readers = readers
        self.configuration = configuration
        self.plan = plan
        self.model = model
        self.state = state
        let seed = UInt64(bitPattern: Int64(configuration.seed))
        if let checkpoint = claim.checkpoint {
            try restore(from: checkpoint, in: claim.checkpoints)
        } else if configuration.model.loadsWeights {
            try load(source, seed: seed)
        } else {
            model.clip.store.initialize(seed: seed)
            notes.append("weights drawn from scratch with seed \(configuration.seed)")
        }
        if self.state.step == 0 { model.average?.restart() }
    }

    /// Takes published weights.
    private mutating func load(_ source: RunModel, seed: UInt64) throws {
        var policy = source.description.policy
        if source.addsLogitBias { policy.allowedMissing.append("logit_bias") }
        let weights = try model.clip.loadWeights(
            from: source.description.openWeights(), policy: policy, seed: seed)
        notes += weights.notes
        guard source.addsLogitBias, weights.drawn.contains("logit_bias") else { return }
        model.clip.restartLogits()
        notes.append(
            "--loss sigmoid: the weights have no logit_bias, so the logits' scale and bias "
                + "begin anew")
    }

    /// Goes on from a checkpoint, or takes its weights and steps alone.
    ///
    /// - Throws: an error that lists every setting which differs from the saved run's, or the files
    ///   that are damaged.
    private mutating func restore(from folder: String, in checkpoints: CheckpointFolder) throws {
        let settings = configuration.checkpoints
        let started = state
        let saved = try Self.saved(
            in: folder, of: checkpoints, settings, on: model.clip.store.sharding?.ranks)
        let differences = saved.differences(
            from: started, comparingOptimizer: !settings.loadsWeightsOnly)
        guard differences.isEmpty else {
            throw TrainingError(
                "\(folder): this run differs from the saved one, so it cannot go on from there: "
                    + differences.joined(separator: "; "))
        }
        try model.load(from: folder, withAverage: saved.emaDecay != nil)
        state = saved
        noteChanges(to: started, saved)
        state.settings = started.settings
        state.emaDecay = started.emaDecay
        state.averagedSteps = resumeAverage(saved)
        // The scale goes with this run's precision, which may be another than the saved run's.
        state.lossScale = started.lossScale == nil ? nil : saved.lossScale ?? started.lossScale
        if settings.loadsWeightsOnly {
            state.beginAnew(optimizer: started.optimizer, lossScale: started.lossScale)
        } else {
            try model.loadOptimizer(
                from: folder, stepCount: saved.step - saved.scheduleStart - saved.skippedSteps)
        }
        if state.takePosition(ofRank: readers.rank, among: readers.size) {
            notes.append(
                "the checkpoint is of another number of ranks, each of which reads other files: the "
                    + "data goes on at the beginning of its pass")
        }
        if settings.restartsEpochData {
            state.dataDelay += state.dataStep % plan.stepsPerEpoch
            state.streamPosition?.restartPass()
        }
        notes.append("resumed after step \(state.step)")
        if state.dataName != started.dataName {
            notes.append(
                "the checkpoint was trained on \(state.dataName); this run goes on with "
                    + "\(started.dataName), which has as many samples")
            state.dataName = started.dataName
        }
    }

    /// Where the run of a checkpoint stood, once its files are known to be whole.
    private static func saved(
        in folder: String, of checkpoints: CheckpointFolder, _ settings: CheckpointConfiguration,
        on ranks: ParallelContext?
    ) throws -> TrainingState {
        let path = "\(folder)/\(CheckpointFolder.stateFile)"
        let optimizerPath = "\(folder)/\(TrainedModel.fileName(of: .optimizer, in: folder))"
        // Ranks that wait for the writing one's answer need not read all files themselves.
        if ranks?.isWriter ?? true {
            try checkpoints.verify(
                folder,
                files: [
                    CheckpointFolder.stateFile, TrainedModel.fileName(of: .weights, in: folder),
                ])
        }
        try ranks?.world.barrier()
        guard settings.loadsWeightsOnly || FileManager.default.fileExists(atPath: optimizerPath)
        else {
            throw TrainingError(
                "\(optimizerPath): missing; a checkpoint of a run with --ignore_save_lr_and_optim "
                    + "is gone on from with --ignore_load_lr_and_optim")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TrainingError("\(path): cannot be read")
        }
        return try TrainingState(json: data, path: path)
    }

    /// Says what this run does otherwise than the one that it goes on from.
    private mutating func noteChanges(to started: TrainingState, _ saved: TrainingState) {
        guard let now = started.settings, let before = saved.settings else { return }
        let changes = before.changes(to: now)
        guard !changes.isEmpty else { return }
        notes.append("goes on with other settings: " + changes.joined(separator: "; "))
    }

    /// Begins the average at the present weights where the checkpoint has none.
    ///
    /// - Returns: how many weights it has taken in; nil where this run keeps none.
    private mutating func resumeAverage(_ saved: TrainingState) -> Int? {
        guard let average = model.average else { return nil }
        guard saved.emaDecay == nil else {
            return saved.averagedSteps ?? (saved.step - saved.scheduleStart - saved.skippedSteps)
        }
        average.restart()
        notes.append("--ema_decay: the checkpoint has no average; it begins at its weights")
        return 0
    }
}
