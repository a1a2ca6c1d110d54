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
    private static let stateFile = "trainer_state.json"

    /// Saves the run as it stands; what training would do next is a function of what is saved.
    ///
    /// - Throws: where it cannot be written, or where the weights are not finite; earlier
    ///   checkpoints stay whole.
    package func saveCheckpoint() throws {
        try refuseNonfiniteWeights()
        let settings = configuration.checkpoints
        try checkpoints.write(
            step: state.step, limit: settings.totalLimit, best: state.best?.step
        ) { folder in
            try writeModel(into: folder)
            if !settings.savesWeightsOnly {
                try writeOptimizer(to: "\(folder)/\(Self.optimizerFile)")
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try AtomicFile.write(
                [UInt8](encoder.encode(state)), to: "\(folder)/\(Self.stateFile)")
        }
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
        try checkpoints.verify(folder, files: [Self.stateFile, Self.weightsFile])
        guard settings.loadsWeightsOnly || FileManager.default.fileExists(atPath: optimizerPath)
        else {
            throw TrainingError(
                "\(optimizerPath): missing; a checkpoint of a run with --ignore_save_lr_and_optim "
                    + "is gone on from with --ignore_load_lr_and_optim")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TrainingError("\(path): cannot be read")
        }
        let saved: TrainingState
        do {
            saved = try JSONDecoder().decode(TrainingState.self, from: data)
        } catch {
            throw TrainingError("\(path): not the state of a run: \(error)")
        }
        let differences = saved.differences(
            from: state, comparingOptimizer: !settings.loadsWeightsOnly)
        guard differences.isEmpty else {
            throw TrainingError(
                "\(folder): this run differs from the saved one, so it cannot go on from there: "
                    + differences.joined(separator: "; "))
        }
        try loadModel(from: folder)
        let started = state
        state = saved
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

    /// Sets the weights, and the averaged ones, to those of a checkpoint.
    func loadModel(from folder: String) throws {
        try clip.loadWeights(from: SafetensorsFile(path: "\(folder)/\(Self.weightsFile)"))
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
