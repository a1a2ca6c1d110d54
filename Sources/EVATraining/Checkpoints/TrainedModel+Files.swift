internal import EVAConfiguration
internal import EVAEvaluation
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import EVATensorFiles
internal import Foundation
internal import Torch
internal import TorchParallel

// The tensors of a run, to disk and back.
extension TrainedModel {
    /// The folder of the averaged weights in a folder of weights.
    static let averageFolder = "ema"

    /// Writes the model's folder, and the averaged weights' in it, while this rank has all weights.
    ///
    /// - Parameter folder: nil in ranks that do not write.
    func write(into folder: String?, preprocessing: PreprocessingConfiguration) throws {
        // The ranks that share the writer's layers give it their parts.
        let takesPart = folder != nil || sharesWritersLayers
        func write(_ folder: String) throws {
            if takesPart { try clip.writeFolder(into: folder, preprocessing: preprocessing) }
        }
        try write(folder ?? "")
        try average?.whileInPlace {
            let average = "\(folder ?? "")/\(Self.averageFolder)"
            if folder != nil { try OutputFolder.prepare(average) }
            try write(average)
        }
    }

    private var sharesWritersLayers: Bool {
        clip.store.sharding?.ranks.mesh.dataWorldRank == 0
    }

    /// What the weights and their average compute of fixed inputs; all ranks call it.
    ///
    /// - Parameter isWriter: whether this rank wants to know.
    func goldenVectors(_ preprocessing: PreprocessingConfiguration, isWriter: Bool) throws
        -> [StateKind: GoldenVectors]
    {
        let takesPart = isWriter || sharesWritersLayers
        return try whileWhole {
            var vectors: [StateKind: GoldenVectors] = [:]
            if takesPart { vectors[.weights] = try clip.goldenVectors(preprocessing) }
            try average?.whileInPlace {
                if takesPart { vectors[.average] = try clip.goldenVectors(preprocessing) }
            }
            return vectors
        }
    }

    /// The name of a kind's file in a checkpoint's folder, or of the first of several.
    static func fileName(of kind: StateKind, in folder: String) -> String {
        guard !FileManager.default.fileExists(atPath: "\(folder)/\(kind.fileName)") else {
            return kind.fileName
        }
        let parts = kind.base.split(separator: "/").map(String.init)
        let subfolder = parts.dropLast().map { $0 + "/" }.joined()
        return TensorPieces.firstPath(parts[parts.count - 1], in: "\(folder)/\(subfolder)")
            .flatMap { $0.split(separator: "/").last }.map { subfolder + $0 } ?? kind.fileName
    }

    /// Sets the weights, and the averaged ones, to those of a folder.
    ///
    /// Of weights that ranks share, each reads what it keeps.
    func load(from folder: String, withAverage: Bool = true) throws {
        let weights = try Self.open(.weights, in: folder)
        if isShared(.weights) {
            // What is not read of them has no memory then.
            clip.store.sharding?.settle()
            try load(.weights, from: weights)
            clip.store.refreshOperands()
        } else {
            _ = try clip.loadWeights(from: weights)
        }
        guard withAverage, average != nil else { return }
        try load(.average, from: Self.open(.average, in: folder))
    }

    /// Sets moments and figures to those of a folder.
    ///
    /// - Parameter stepCount: how often the optimizer has moved the weights.
    func loadOptimizer(from folder: String, stepCount: Int) throws {
        try load(.optimizer, from: Self.open(.optimizer, in: folder))
        optimizer.resume(stepCount: stepCount)
    }

    private static func open(_ kind: StateKind, in folder: String) throws -> any TensorContainer {
        try TensorFile.open(path: "\(folder)/\(fileName(of: kind, in: folder))")
    }

    private func load(_ kind: StateKind, from container: any TensorContainer) throws {
        let read: (StatePiece) throws -> HostTensor
        if kind == .optimizer {
            read = { try container.elements(of: $0.name, in: $0.piece) }
        } else {
            let file = try ParameterFile(container, network: clip)
            read = { try file.elements(of: $0.name, in: $0.piece) }
        }
        try withoutGradient {
            for piece in pieces(of: kind) {
                let elements = try read(piece)
                piece.elements.copy(from: try elements.makeTensor())
                elements.releasePages()
            }
        }
    }
}
