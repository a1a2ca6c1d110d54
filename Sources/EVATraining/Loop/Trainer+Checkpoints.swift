internal import EVAConfiguration
internal import EVAData
internal import EVAEvaluation
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import EVATensorFiles
internal import Foundation
internal import Torch

// Everything that a run is, to disk and back.
extension Trainer {
    /// Everything that a checkpoint's second file keeps, by name.
    private var namedTensors: [(name: String, tensor: Tensor)] {
        optimizer.namedMoments + [
            ("report.loss_sum", lossSum), ("report.gradient_norm", gradientNorm),
        ]
    }

    /// The folder of the averaged weights in a folder of weights.
    private static let averageFolder = "/ema"
    static let weightsFile = "open_clip_model.safetensors"
    private static let optimizerFile = "optimizer.safetensors"
    private static let stateFile = CheckpointFolder.stateFile

    /// Saves the run as it stands; what training would do next is a function of what is saved.
    ///
    /// - Throws: where it cannot be written, or where the weights are not finite; earlier
    ///   checkpoints stay whole.
    package func saveCheckpoint() throws {
        try refuseNonfiniteWeights()
        isBetweenSteps = false
        let settings = configuration.checkpoints
        try claim.checkpoints.write(
            step: state.step, limit: settings.totalLimit, best: state.best?.step
        ) { folder in
            try writeModel(into: folder)
            if !settings.savesWeightsOnly {
                try writeOptimizer(to: "\(folder)/\(Self.optimizerFile)")
            }
            try AtomicFile.write(state.json, to: "\(folder)/\(Self.stateFile)")
        }
        isBetweenSteps = true
        savedStep = state.step
    }

    /// Saves what the run has learnt when an error ends it, unless the error came in the middle of
    /// changing weights or of saving them.
    ///
    /// - Returns: the error, with the step that was saved.
    func rescue(from error: any Error) -> any Error {
        guard isBetweenSteps, state.step > 0 else { return error }
        if savedStep != state.step {
            // The first error is the one that matters.
            guard (try? saveCheckpoint()) != nil else { return error }
        }
        return TrainingError(
            "\(error); saved after step \(state.step), go on from there with "
                + "--resume_from_checkpoint latest")
    }

    /// Writes the model's folder, and the averaged weights' in it.
    func writeModel(into folder: String) throws {
        try clip.writeFolder(into: folder, preprocessing: preprocessing)
        guard let average else { return }
        try OutputFolder.prepare(folder + Self.averageFolder)
        try average.whileInPlace {
            try clip.writeFolder(into: folder + Self.averageFolder, preprocessing: preprocessing)
        }
    }

    private func writeOptimizer(to path: String) throws {
        let tensors = namedTensors
        try SafetensorsWriter.write(
            tensors.map {
                TensorEntry(
                    name: $0.name, elementType: $0.tensor.dtype.elementType,
                    shape: $0.tensor.shape)
            }, to: path
        ) { tensors[$0].tensor.hostTensor() }
    }

    /// A finite loss says nothing of the update that followed it.
    func refuseNonfiniteWeights() throws {
        let norm = withoutGradient {
            Tensor.stacked(Foreach.norms(clip.store.parameters.map(\.master)), dimension: 0).norm()
        }.item()
        guard norm.isFinite else {
            throw TrainingError(
                "the weights are not finite after step \(state.step); the last checkpoint is "
                    + "unharmed; lower the learning rate or lengthen the warm-up")
        }
    }

    /// Sets the run to where a checkpoint was taken, or takes its weights and steps alone.
    ///
    /// - Throws: an error that lists every setting which differs from the saved run's, or the files
    ///   that are damaged.
    func restore(from folder: String) throws {
        let settings = configuration.checkpoints
        let path = "\(folder)/\(Self.stateFile)"
        let optimizerPath = "\(folder)/\(Self.optimizerFile)"
        try claim.checkpoints.verify(folder, files: [Self.stateFile, Self.weightsFile])
        guard settings.loadsWeightsOnly || FileManager.default.fileExists(atPath: optimizerPath)
        else {
            throw TrainingError(
                "\(optimizerPath): missing; a checkpoint of a run with --ignore_save_lr_and_optim "
                    + "is gone on from with --ignore_load_lr_and_optim")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TrainingError("\(path): cannot be read")
        }
        let saved = try TrainingState(json: data, path: path)
        let differences = saved.differences(
            from: state, comparingOptimizer: !settings.loadsWeightsOnly)
        guard differences.isEmpty else {
            throw TrainingError(
                "\(folder): this run differs from the saved one, so it cannot go on from there: "
                    + differences.joined(separator: "; "))
        }
        try loadModel(from: folder, withAverage: saved.emaDecay != nil)
        let started = state
        state = saved
        savedStep = saved.step
        noteChanges(to: started, saved)
        state.settings = started.settings
        state.emaDecay = started.emaDecay
        state.averagedSteps = resumeAverage(saved)
        // The scale goes with this run's precision, which may be another than the saved run's.
        state.lossScale = started.lossScale == nil ? nil : saved.lossScale ?? started.lossScale
        if settings.loadsWeightsOnly {
            state.beginAnew(optimizer: started.optimizer, lossScale: started.lossScale)
        } else {
            try restoreOptimizer(from: optimizerPath)
            optimizer.resume(stepCount: saved.step - saved.scheduleStart - saved.skippedSteps)
        }
        if settings.restartsEpochData {
            state.dataDelay += dataStep % plan.stepsPerEpoch
            state.streamPosition?.restartPass()
        }
    }

    /// Says what this run does otherwise than the one that it goes on from.
    private func noteChanges(to started: TrainingState, _ saved: TrainingState) {
        guard let now = started.settings, let before = saved.settings else { return }
        let changes = before.changes(to: now)
        guard !changes.isEmpty else { return }
        notes.append("goes on with other settings: " + changes.joined(separator: "; "))
    }

    /// Begins the average at the present weights where the checkpoint has none.
    ///
    /// - Returns: how many weights it has taken in; nil where this run keeps none.
    private func resumeAverage(_ saved: TrainingState) -> Int? {
        guard let average else { return nil }
        guard saved.emaDecay == nil else {
            return saved.averagedSteps ?? (saved.step - saved.scheduleStart - saved.skippedSteps)
        }
        average.restart()
        notes.append("--ema_decay: the checkpoint has no average; it begins at its weights")
        return 0
    }

    /// Sets the weights, and the averaged ones, to those of a checkpoint.
    func loadModel(from folder: String, withAverage: Bool = true) throws {
        try clip.loadWeights(from: SafetensorsFile(path: "\(folder)/\(Self.weightsFile)"))
        guard withAverage else { return }
        try average?.whileInPlace {
            try clip.loadWeights(
                from: SafetensorsFile(
                    path: "\(folder)\(Self.averageFolder)/\(Self.weightsFile)"))
        }
    }

    private func restoreOptimizer(from path: String) throws {
        let file = try SafetensorsFile(path: path)
        try withoutGradient {
            for (name, tensor) in namedTensors {
                let stored = try file.tensor(named: name)
                guard stored.shape == tensor.shape else {
                    throw TrainingError(
                        "\(file.path): \(name): expected shape \(tensor.shape), got "
                            + "\(stored.shape)")
                }
                tensor.copy(from: try stored.makeTensor())
            }
        }
    }

    /// The data from where the run stands.
    func openData(badSamples: BadSampleLog) throws -> any BatchSupply {
        try data.batches(
            from: data.position(afterBatches: plan.batches(afterSteps: dataStep)),
            stream: state.streamPosition, badSamples: badSamples)
    }

    /// The steps that the data has been through.
    var dataStep: Int { state.step - state.dataDelay }
}
