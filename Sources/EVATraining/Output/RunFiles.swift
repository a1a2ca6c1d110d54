internal import EVAConfiguration
internal import EVAData
internal import EVATensorFiles
internal import Foundation
internal import TorchParallel

/// All that a run does in its output folder.
///
/// One rank writes; what another says is not written.
final class RunFiles {
    private let configuration: TrainingConfiguration
    private let preprocessing: PreprocessingConfiguration
    private let claim: OutputClaim
    private let ranks: ParallelContext
    private let metrics: MetricsFile
    private let evaluations: MetricsFile
    private let nonfinite: MetricsFile
    private var tensorBoard: TensorBoardLog?
    /// The step of the last checkpoint that this run wrote or went on from.
    private var savedStep: Int?
    /// Whether the weights may be saved in their place: not while that is under way or has failed.
    private var isSavingInOrder = true
    private var hasBegun = false
    private var lastSave = ContinuousClock.now

    /// - Parameter savedStep: the step of the checkpoint that the run goes on from.
    init(
        _ configuration: TrainingConfiguration, preprocessing: PreprocessingConfiguration,
        claim: OutputClaim, ranks: ParallelContext, savedStep: Int?
    ) {
        self.ranks = ranks
        self.configuration = configuration
        self.preprocessing = preprocessing
        self.claim = claim
        self.savedStep = savedStep
        metrics = MetricsFile(path: configuration.outputDirectory + "/metrics.jsonl")
        evaluations = MetricsFile(path: configuration.outputDirectory + "/eval.jsonl")
        nonfinite = MetricsFile(path: configuration.outputDirectory + "/nonfinite.jsonl")
    }

    /// The list of steps that were not finite.
    var nonfinitePath: String { nonfinite.path }

    /// The time since this run last saved itself, or since its first step.
    var sinceSave: Duration { lastSave.duration(to: .now) }

    /// Makes the output folder the run's own; what an earlier run left there goes, where this one
    /// does not go on from it.
    func begin() throws {
        guard !hasBegun else { return }
        if ranks.isWriter { try claim.begin() }
        hasBegun = true
    }

    /// Lets other runs have the folder.
    func release() { claim.release() }

    /// Brings the logs to where the run starts: empty, or up to the step that it goes on from.
    ///
    /// The folder is the run's own then.
    ///
    /// - Returns: where unreadable samples are listed.
    func openLogs(afterStep step: Int) throws -> BadSampleLog {
        try begin()
        lastSave = .now
        guard ranks.isWriter else { return try BadSampleLog() }
        if step == 0 { try AtomicFile.write([], to: metrics.path) }
        for log in [metrics, evaluations, nonfinite] { try log.truncate(afterStep: step) }
        let (folder, logging) = (configuration.outputDirectory, configuration.logging)
        if logging.writesTensorBoard {
            let log = try TensorBoardLog(
                folder: logging.tensorBoardDirectory ?? folder + "/tensorboard", afterStep: step)
            try claim.add(log.path)
            tensorBoard = log
        }
        return try BadSampleLog(path: folder + "/bad_samples.jsonl", resuming: step > 0)
    }

    /// Adds a line to `metrics.jsonl`.
    func append(_ report: StepReport) throws {
        if ranks.isWriter { try metrics.append(report) }
    }

    /// Adds the figures of a report to TensorBoard's file.
    func plot(_ report: StepReport) throws { try tensorBoard?.append(report) }

    /// Adds an evaluation to `eval.jsonl` and to TensorBoard's file.
    func append(_ entry: EvaluationEntry) throws {
        guard ranks.isWriter else { return }
        try evaluations.append(entry)
        try tensorBoard?.append(entry)
    }

    /// Adds a line to `nonfinite.jsonl`.
    func append(_ step: NonfiniteStep) throws {
        if ranks.isWriter { try nonfinite.append(step) }
    }

    /// Forgets a best checkpoint that is gone, or that the run cannot measure itself by, and mends
    /// its link.
    func kept(_ best: TrainingState.Best?, for metric: BestMetric?) throws -> TrainingState.Best? {
        let kept = best.flatMap { best in
            let isThere = FileManager.default.fileExists(
                atPath: claim.checkpoints.path(step: best.step))
            return isThere && (metric.map { $0.name == best.metric } ?? true) ? best : nil
        }
        // All ranks look before the link changes.
        try ranks.world.barrier()
        if ranks.isWriter { try claim.checkpoints.pointBest(to: kept?.step) }
        return kept
    }

    /// Saves a run as it stands; what training would do next is a function of what is saved.
    ///
    /// All ranks call it; where they share parameters or moments, each brings its share.
    ///
    /// - Throws: where it cannot be written, or where the weights are not finite; earlier
    ///   checkpoints stay whole.
    func save(_ model: TrainedModel, _ state: TrainingState) throws {
        ranks.enter("the checkpoint of step \(state.step)")
        try model.requireFiniteWeights(afterStep: state.step)
        isSavingInOrder = false
        let settings = configuration.checkpoints
        try model.whileWhole {
            try inWriter {
                try claim.checkpoints.write(
                    step: state.step, limit: settings.totalLimit, best: state.best?.step
                ) { folder in
                    try model.write(into: folder, preprocessing: preprocessing)
                    if !settings.savesWeightsOnly { try model.writeOptimizer(into: folder) }
                    try AtomicFile.write(
                        state.json, to: "\(folder)/\(CheckpointFolder.stateFile)")
                }
            } others: {
                try model.write(into: nil, preprocessing: preprocessing)
                if !settings.savesWeightsOnly { try model.writeOptimizer(into: nil) }
            }
        }
        isSavingInOrder = true
        savedStep = state.step
        lastSave = .now
    }

    /// Leaves the model that the run ends with in the folder.
    func finish(_ model: TrainedModel, _ state: TrainingState) throws {
        ranks.enter("writing the model")
        try model.requireFiniteWeights(afterStep: state.step)
        if configuration.checkpoints.loadsBestAtEnd, let best = state.best {
            isSavingInOrder = false
            let folder = claim.checkpoints.path(step: best.step)
            try claim.checkpoints.verify(folder, files: [TrainedModel.weightsFile])
            try model.load(from: folder)
        }
        try model.whileWhole {
            try model.write(
                into: ranks.isWriter ? configuration.outputDirectory : nil,
                preprocessing: preprocessing)
        }
        try ranks.world.barrier()
    }

    /// Saves what a run has learnt when an error ends it, unless the error came while it was saved.
    ///
    /// Ranks that share parameters cannot: the others may be elsewhere.
    ///
    /// - Returns: the error, with the step that was saved.
    func rescue(from error: any Error, _ model: TrainedModel, _ state: TrainingState) -> any Error {
        guard ranks.isWriter, !model.isShared, isSavingInOrder, state.step > 0 else {
            return error
        }
        if savedStep != state.step {
            // The first error is the one that matters.
            guard (try? save(model, state)) != nil else { return error }
        }
        return TrainingError(
            "\(error); saved after step \(state.step), go on from there with "
                + "--resume_from_checkpoint latest")
    }

    private func inWriter(_ write: () throws -> Void, others: () throws -> Void) throws {
        if ranks.isWriter { try write() } else { try others() }
    }
}
