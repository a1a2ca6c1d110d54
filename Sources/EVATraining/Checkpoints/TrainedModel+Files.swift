internal import EVAConfiguration
internal import EVAEvaluation
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import EVATensorFiles
internal import Torch

// The tensors of a run, to disk and back.
extension TrainedModel {
    static let weightsFile = "open_clip_model.safetensors"
    static let optimizerFile = "optimizer.safetensors"
    /// The folder of the averaged weights in a folder of weights.
    private static let averageFolder = "/ema"

    /// Everything that a checkpoint's second file keeps, by name.
    private var namedTensors: [(name: String, tensor: Tensor)] {
        optimizer.namedMoments + [
            ("report.loss_sum", lossSum), ("report.gradient_norm", gradientNorm),
        ]
    }

    /// Writes the model's folder, and the averaged weights' in it.
    func write(into folder: String, preprocessing: PreprocessingConfiguration) throws {
        try clip.writeFolder(into: folder, preprocessing: preprocessing)
        guard let average else { return }
        try OutputFolder.prepare(folder + Self.averageFolder)
        try average.whileInPlace {
            try clip.writeFolder(into: folder + Self.averageFolder, preprocessing: preprocessing)
        }
    }

    /// Writes moments and figures into a folder.
    func writeOptimizer(into folder: String) throws {
        let tensors = namedTensors
        try SafetensorsWriter.write(
            tensors.map {
                TensorEntry(
                    name: $0.name, elementType: $0.tensor.dtype.elementType,
                    shape: $0.tensor.shape)
            }, to: "\(folder)/\(Self.optimizerFile)"
        ) { tensors[$0].tensor.hostTensor() }
    }

    /// Sets the weights, and the averaged ones, to those of a folder.
    func load(from folder: String, withAverage: Bool = true) throws {
        try clip.loadWeights(from: SafetensorsFile(path: "\(folder)/\(Self.weightsFile)"))
        guard withAverage else { return }
        try average?.whileInPlace {
            try clip.loadWeights(
                from: SafetensorsFile(
                    path: "\(folder)\(Self.averageFolder)/\(Self.weightsFile)"))
        }
    }

    /// Sets moments and figures to those of a folder.
    ///
    /// - Parameter stepCount: how often the optimizer has moved the weights.
    func loadOptimizer(from folder: String, stepCount: Int) throws {
        let file = try SafetensorsFile(path: "\(folder)/\(Self.optimizerFile)")
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
        optimizer.resume(stepCount: stepCount)
    }
}
