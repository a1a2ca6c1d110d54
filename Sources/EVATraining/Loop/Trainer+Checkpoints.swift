internal import EVAConfiguration
internal import EVAData
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

    /// Saves the run as it stands; what training would do next is a function of what is saved.
    ///
    /// - Throws: where it cannot be written, or where the weights are not finite; earlier
    ///   checkpoints stay whole.
    package func saveCheckpoint() throws {
        try refuseNonfiniteWeights()
        try checkpoints.write(step: state.step, limit: configuration.checkpoints.totalLimit) {
            folder in
            try writeModel(into: folder)
            let tensors = namedTensors
            try SafetensorsWriter.write(
                tensors.map {
                    TensorEntry(
                        name: $0.name, elementType: $0.tensor.dtype.elementType,
                        shape: $0.tensor.shape)
                }, to: folder + "/optimizer.safetensors"
            ) { tensors[$0].tensor.hostTensor() }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try AtomicFile.write(
                [UInt8](encoder.encode(state)), to: folder + "/trainer_state.json")
        }
    }

    /// Writes the model's folder, and the averaged weights' in it.
    func writeModel(into folder: String) throws {
        try clip.write(into: folder, preprocessing: preprocessing)
        guard let average else { return }
        try OutputFolder.prepare(folder + Self.averageFolder)
        try average.whileInPlace {
            try clip.write(into: folder + Self.averageFolder, preprocessing: preprocessing)
        }
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

    /// Sets the run to where a checkpoint was taken.
    ///
    /// - Throws: an error that lists every setting which differs from the saved run's.
    func restore(from folder: String) throws {
        let path = folder + "/trainer_state.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TrainingError("\(path): cannot be read")
        }
        let saved: TrainingState
        do {
            saved = try JSONDecoder().decode(TrainingState.self, from: data)
        } catch {
            throw TrainingError("\(path): not the state of a run: \(error)")
        }
        let differences = saved.differences(from: state)
        guard differences.isEmpty else {
            throw TrainingError(
                "\(folder): this run differs from the saved one, so it cannot go on from there: "
                    + differences.joined(separator: "; "))
        }
        let weights = "/open_clip_model.safetensors"
        try clip.loadWeights(from: SafetensorsFile(path: folder + weights))
        try average?.whileInPlace {
            try clip.loadWeights(
                from: SafetensorsFile(path: folder + Self.averageFolder + weights))
        }
        let file = try SafetensorsFile(path: folder + "/optimizer.safetensors")
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
        optimizer.resume(stepCount: saved.step - saved.skippedSteps)
        let lossScale = state.lossScale
        state = saved
        // The scale goes with this run's precision, which may be another than the saved run's.
        state.lossScale = lossScale == nil ? nil : saved.lossScale ?? lossScale
    }

    /// The data from where the run stands.
    func openData(badSamples: BadSampleLog) throws -> any BatchSupply {
        try data.batches(
            from: data.position(afterBatches: plan.batches(afterSteps: state.step)),
            stream: state.streamPosition, badSamples: badSamples)
    }
}
