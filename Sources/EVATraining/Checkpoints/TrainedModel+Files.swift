internal import EVAConfiguration
internal import EVAEvaluation
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import EVATensorFiles
internal import Torch
internal import TorchParallel

// The tensors of a run, to disk and back.
extension TrainedModel {
    static let weightsFile = "open_clip_model.safetensors"
    static let optimizerFile = "optimizer.safetensors"
    /// The folder of the averaged weights in a folder of weights.
    private static let averageFolder = "/ema"

    /// What a checkpoint's second file keeps besides moments.
    private var figures: [(name: String, tensor: Tensor)] {
        [("report.loss_sum", lossSum), ("report.gradient_norm", gradientNorm)]
    }

    /// Writes the model's folder, and the averaged weights' in it, while this rank has all weights
    /// of its part of the layers.
    ///
    /// - Parameter folder: nil in ranks that do not write.
    func write(into folder: String?, preprocessing: PreprocessingConfiguration) throws {
        // The ranks that share the writer's layers give it their parts.
        let ranks = clip.store.sharding?.ranks
        let takesPart = folder != nil || ranks?.mesh.dataWorldRank == 0
        func write(_ name: String) throws {
            guard takesPart else { return }
            try clip.writeFolder(into: (folder ?? "") + name, preprocessing: preprocessing)
        }
        try write("")
        try average?.whileInPlace {
            if let folder { try OutputFolder.prepare(folder + Self.averageFolder) }
            try write(Self.averageFolder)
        }
    }

    /// Writes moments and figures into a folder; ranks that share the moments, or the layers, bring
    /// their parts.
    ///
    /// - Parameter folder: nil in ranks that do not write.
    func writeOptimizer(into folder: String?) throws {
        let (moments, figures) = (optimizer.moments, figures)
        let gathering = MomentGathering(clip.store)
        let entries =
            moments.map {
                TensorEntry(
                    name: $0.name, elementType: $0.share.dtype.elementType,
                    shape: $0.parameter.wholeShape)
            }
            + figures.map {
                TensorEntry(
                    name: $0.name, elementType: $0.tensor.dtype.elementType,
                    shape: $0.tensor.shape)
            }
        func tensor(_ index: Int) throws -> Tensor {
            index < moments.count
                ? try gathering.whole(moments[index]) : figures[index - moments.count].tensor
        }
        guard let folder else {
            for index in SafetensorsWriter.order(of: entries) { _ = try tensor(index) }
            return
        }
        try SafetensorsWriter.write(entries, to: "\(folder)/\(Self.optimizerFile)") { index in
            try tensor(index).hostTensor()
        }
    }

    /// Sets the weights, and the averaged ones, to those of a folder.
    func load(from folder: String, withAverage: Bool = true) throws {
        func load(_ folder: String) throws {
            try whileWhole(changes: true) {
                _ = try clip.loadWeights(
                    from: SafetensorsFile(path: "\(folder)/\(Self.weightsFile)"))
            }
        }
        try load(folder)
        guard withAverage else { return }
        try average?.whileInPlace { try load(folder + Self.averageFolder) }
    }

    /// Sets moments and figures to those of a folder.
    ///
    /// - Parameter stepCount: how often the optimizer has moved the weights.
    func loadOptimizer(from folder: String, stepCount: Int) throws {
        let file = try SafetensorsFile(path: "\(folder)/\(Self.optimizerFile)")
        func stored(_ name: String, _ shape: [Int]) throws -> Tensor {
            let stored = try file.tensor(named: name)
            guard stored.shape == shape else {
                throw TrainingError(
                    "\(file.path): \(name): expected shape \(shape), got \(stored.shape)")
            }
            return try stored.makeTensor()
        }
        try withoutGradient {
            for moment in optimizer.moments {
                let whole = try stored(moment.name, moment.parameter.wholeShape)
                let part = moment.parameter.split?.part(of: whole) ?? whole
                moment.own.copy(
                    from: part.reshaped([part.count]).sliced(moment.ownRange, dimension: 0))
            }
            for (name, tensor) in figures { tensor.copy(from: try stored(name, tensor.shape)) }
        }
        optimizer.resume(stepCount: stepCount)
    }
}
