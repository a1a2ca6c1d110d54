package import EVAConfiguration
internal import EVALayers
package import EVAModels
internal import EVATensorFiles
internal import Foundation
internal import Torch
internal import TorchParallel

/// Writes whole model folders: weights, configuration, preprocessing, golden vectors, checksums.
package struct ModelFolderWriter {
    private let configuration: ModelConfiguration
    private let preprocessing: PreprocessingConfiguration
    private let form: ModelFolderForm
    /// The most bytes of tensors in a safetensors file; nil for one file.
    private let shardSize: Int?

    package init(
        _ configuration: ModelConfiguration, preprocessing: PreprocessingConfiguration,
        form: ModelFolderForm, shardSize: Int? = nil
    ) {
        self.configuration = configuration
        self.preprocessing = preprocessing
        self.form = form
        self.shardSize = shardSize
    }

    /// Makes a folder that is whole from the first moment it can be seen.
    ///
    /// - Parameters:
    ///   - export: the weights.
    ///   - path: the folder to make.
    ///   - replaces: whether a folder of that name goes when the new one is whole.
    ///   - golden: the vectors to keep, made of the folder as it is so far; nil for none.
    /// - Throws: `TensorFileError` when it cannot be written; nothing is left behind then.
    package func write(
        _ export: WeightsExport, to path: String, replaces: Bool,
        golden: (_ folder: String) throws -> GoldenVectors?
    ) throws {
        try AtomicDirectory.write(to: path, replacing: replaces) { folder in
            try form.writeConfiguration(configuration, preprocessing: preprocessing, into: folder)
            if let shardSize, export.byteCount > shardSize, form.format == .safetensors {
                try ShardedSafetensorsWriter.write(
                    export.entries, limit: shardSize, metadata: WeightsFormat.metadata,
                    into: folder, tensor: export.tensor)
            } else {
                try form.format.write(export, to: "\(folder)/\(form.weightsName)")
            }
            try golden(folder)?.write(into: folder)
            try FolderChecksums(folder: folder).write(into: folder)
        }
    }
}

extension CLIP {
    /// Writes the model into a folder as `ModelFolderWriter` does, file by file over what was there.
    ///
    /// Where ranks share the layers all of them call it, and the first writes.
    ///
    /// Other files in the folder are not touched. The list of checksums goes first and comes back
    /// last, so that it never contradicts the others.
    ///
    /// - Parameters:
    ///   - folder: exists already.
    ///   - preprocessing: how pictures are prepared for the model.
    package func writeFolder(
        into folder: String, preprocessing: PreprocessingConfiguration
    ) throws {
        let isFirst = store.layerParts.rank == 0
        if isFirst { unlink("\(folder)/\(FolderChecksums.fileName)") }
        try write(into: folder, preprocessing: preprocessing)
        let types = Set(store.parameters.map { $0.master.dtype.elementType })
        let golden = try GoldenVectors(of: self, preprocessing: preprocessing, weightTypes: types)
        guard isFirst else { return }
        try golden.write(into: folder)
        try FolderChecksums(
            of: [
                "config.json", "open_clip_config.json", ModelFolderForm.trained.weightsName,
                GoldenVectors.fileName,
            ], in: folder
        ).write(into: folder)
    }
}
