internal import EVAConfiguration
internal import EVAData
internal import EVATensorFiles
internal import Foundation
internal import Torch
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
    /// The step of the checkpoint that was begun last.
    private var savingStep: Int?
    private let background = BackgroundWork()
    /// Whether training goes on while a checkpoint is written.
    private var copiesState: Bool
    /// Where the state is copied to; kept, since the system takes longer to give it than a copy.
    private var memory: HostMemory?
    private var notes: [String] = []
    private var hasBegun = false
    private var lastSave = ContinuousClock.now

    /// - Parameters:
    ///   - savedStep: the step of the checkpoint that the run goes on from.
    ///   - copiesState: whether there is memory for a copy of the state while training goes on.
    init(
        _ configuration: TrainingConfiguration, preprocessing: PreprocessingConfiguration,
        claim: OutputClaim, ranks: ParallelContext, savedStep: Int?,
        copiesState: Bool
    ) {
        self.copiesState = copiesState
        self.ranks = ranks
        self.configuration = configuration
        self.preprocessing = preprocessing
        self.claim = claim
        self.savedStep = savedStep
        metrics = MetricsFile(path: configuration.outputDirectory + "/metrics.jsonl")
        evaluations = MetricsFile(path: configuration.outputDirectory + "/eval.jsonl")
        nonfinite = MetricsFile(path: configuration.outputDirectory + "/nonfinite.jsonl")
    }

    /// Where this rank keeps what it does not say; nil in the one that speaks.
    var rankLogPath: String? {
        ranks.isWriter
            ? nil
            : "\(configuration.outputDirectory)/\(RunManifest.rankFiles(ranks.mesh.rank).log)"
    }

    /// The list of steps that were not finite.
    var nonfinitePath: String { nonfinite.path }

    /// The time since this run last saved itself, or since its first step.
    var sinceSave: Duration { lastSave.duration(to: .now) }

    /// Makes the output folder the run's own; what an earlier run left there goes, where this one
    /// does not go on from it.
    func begin() throws {
        guard !hasBegun else { return }
        if ranks.shards.size > 1 || ranks.layerParts.size > 1 {
            // The lock's text is this run's alone.
            let own = OutputLock.text(in: configuration.outputDirectory)
            if try ranks.any(ranks.shared(ranks.isWriter ? own : nil) != own) { throw notShared }
        }
        hasBegun = true
        if ranks.isWriter { try claim.begin(rankCount: ranks.mesh.worldSize) }
        // The others write into the folder once it is the run's.
        try ranks.world.barrier()
        guard !ranks.isWriter else { return }
        try FileManager.default.createDirectory(
            atPath: "\(configuration.outputDirectory)/\(RunManifest.ranksFolder)",
            withIntermediateDirectories: true)
    }

    /// Lets other runs have the folder, once the checkpoint that is being written is whole.
    func release() {
        background.wait(isEnding: true)
        claim.release()
    }

    /// Brings the logs to where the run starts: empty, or up to the step that it goes on from.
    ///
    /// The folder is the run's own then.
    ///
    /// - Returns: where unreadable samples are listed.
    func openLogs(afterStep step: Int) throws -> BadSampleLog {
        try begin()
        lastSave = .now
        guard ranks.isWriter else {
            let name = RunManifest.rankFiles(ranks.mesh.rank).badSamples
            return try BadSampleLog(
                path: "\(configuration.outputDirectory)/\(name)", resuming: step > 0)
        }
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
    /// All ranks call it; where they share the state, each writes what it has of it. The state is
    /// copied, and written while training goes on: what fails then is thrown by `throwFailure`,
    /// `finishSaving`, or the next call. Where there is no memory for the copy, it is written here.
    ///
    /// - Parameter isLast: whether training does not go on, so that a copy has no use.
    /// - Throws: where it cannot be written, or where the weights are not finite; earlier
    ///   checkpoints stay whole.
    func save(_ model: TrainedModel, _ state: TrainingState, isLast: Bool = false) throws {
        ranks.enter("the checkpoint of step \(state.step)")
        try finishSaving()
        try model.requireFiniteWeights(afterStep: state.step)
        isSavingInOrder = false
        // Others than the best are there to go on from.
        let golden =
            state.best?.step == state.step
            ? try model.goldenVectors(preprocessing, isWriter: ranks.isWriter) : [:]
        if let folder = try beginCheckpoint(of: model, step: state.step) {
            let kinds: [TrainedModel.StateKind] =
                configuration.checkpoints.savesWeightsOnly
                ? [.weights, .average] : TrainedModel.StateKind.allCases
            let shares = CheckpointContents.share(of: kinds, model, on: ranks)
            let copy = isLast ? nil : copy(of: shares.flatMap(\.pieces))
            let contents = try CheckpointContents(
                of: model, shares, state, preprocessing: preprocessing,
                reading: copy ?? .inPlace, golden: golden, on: ranks)
            let work = writing(
                contents, into: folder, state, isShared: model.isShared || model.isSplit)
            if copy == nil { try work() } else { background.start(work) }
        }
        isSavingInOrder = true
        savingStep = state.step
        lastSave = .now
    }

    /// Throws what the writing of a checkpoint has failed with.
    func throwFailure() throws {
        do { try background.throwFailure() } catch {
            isSavingInOrder = false
            savingStep = nil
            throw error
        }
    }

    /// Waits until the checkpoint that is being written is whole.
    func finishSaving() throws {
        background.wait()
        try throwFailure()
        savedStep = savingStep ?? savedStep
    }

    /// Words for the person who started the run that have come up since they were last asked for.
    func takeNotes() -> [String] {
        defer { notes = [] }
        return notes
    }

    /// Makes a checkpoint's folder under its temporary name.
    ///
    /// - Returns: nil for ranks that have nothing to write.
    private func beginCheckpoint(of model: TrainedModel, step: Int) throws -> String? {
        let own = ranks.isWriter ? try claim.checkpoints.begin(step: step) : nil
        guard model.isShared || model.isSplit else { return own }
        let folder = try ranks.shared(own) ?? ""
        if try ranks.any(access(folder, W_OK | X_OK) != 0) {
            if ranks.isWriter { try? FileManager.default.removeItem(atPath: folder) }
            throw notShared
        }
        return ranks.mesh.rank(along: .data) == 0 ? folder : nil
    }

    private func copy(of pieces: [StatePiece]) -> StateReading? {
        guard copiesState else { return nil }
        if let memory { return .copy(of: pieces, to: memory) }
        let bytes = StateReading.byteCount(of: pieces)
        let (needed, free) = (Double(bytes), MachineMemory.available)
        if needed < 0.9 * Double(free.bytes), let memory = HostMemory(byteCount: bytes) {
            self.memory = memory
            return .copy(of: pieces, to: memory)
        }
        // Said once, and not tried again.
        copiesState = false
        notes.append(
            "checkpoints are written while training waits: a copy of the state takes "
                + "\(MachineMemory.text(needed)), and \(MachineMemory.text(Double(free.bytes))) "
                + "are free (\(free.reason))")
        return nil
    }

    /// What is left to do for a checkpoint, on whichever thread.
    private func writing(
        _ contents: CheckpointContents, into folder: String, _ state: TrainingState,
        isShared: Bool
    ) -> () throws -> Void {
        let parts = CheckpointParts(
            folder: folder, count: isShared ? contents.partCount : 1,
            patience: .seconds(configuration.distribution.collectiveTimeout))
        guard ranks.isWriter else {
            return { try parts.write(contents) }
        }
        let (checkpoints, background) = (claim.checkpoints, background)
        let (limit, step, best) = (
            configuration.checkpoints.totalLimit, state.step, state.best?.step
        )
        return {
            try checkpoints.write(step: step, in: folder, limit: limit, best: best) { folder in
                try parts.writeAll(contents) { background.isEnding }
            }
        }
    }

    /// What is wrong where ranks cannot fill a folder together.
    private var notShared: TrainingError {
        TrainingError(
            "--output_dir \(configuration.outputDirectory): not all ranks see it; ranks that share "
                + "the optimizer write checkpoints together, into a folder on a file system that "
                + "all hosts share")
    }

    /// Leaves the model that the run ends with in the folder.
    func finish(_ model: TrainedModel, _ state: TrainingState) throws {
        ranks.enter("writing the model")
        try model.requireFiniteWeights(afterStep: state.step)
        if configuration.checkpoints.loadsBestAtEnd, let best = state.best {
            isSavingInOrder = false
            let folder = claim.checkpoints.path(step: best.step)
            try claim.checkpoints.verify(
                folder, files: [TrainedModel.fileName(of: .weights, in: folder)])
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
        guard ranks.isWriter, !model.isShared, !model.isSplit, isSavingInOrder, state.step > 0
        else {
            return error
        }
        // The first error is the one that matters.
        guard (try? finishSaving()) != nil else { return error }
        if savedStep != state.step {
            guard (try? save(model, state, isLast: true)) != nil else { return error }
        }
        return TrainingError(
            "\(error); saved after step \(state.step), go on from there with "
                + "--resume_from_checkpoint latest")
    }
}
