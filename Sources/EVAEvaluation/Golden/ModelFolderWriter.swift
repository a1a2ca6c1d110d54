package import EVAConfiguration
internal import EVALayers
package import EVAModels
package import EVATensorFiles
internal import Foundation
internal import Torch
internal import TorchParallel

/// Writes whole model folders: weights, configuration, preprocessing, golden vectors, checksums.
///
/// The checksums are taken while the files are written.
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
            try fill(folder, with: export, golden: golden).write(into: folder)
        }
    }

    /// Writes all files of a folder but the list of their checksums.
    ///
    /// - Parameters:
    ///   - folder: exists already.
    ///   - export: the weights; nil where others write them.
    ///   - golden: as in `write`.
    /// - Returns: the checksums.
    package func fill(
        _ folder: String, with export: WeightsExport?,
        golden: (_ folder: String) throws -> GoldenVectors?
    ) throws -> FolderChecksums {
        var sums = try form.writeConfiguration(
            configuration, preprocessing: preprocessing, into: folder)
        if let export {
            if let shardSize, export.byteCount > shardSize, form.format == .safetensors {
                sums.add(
                    try ShardedSafetensorsWriter.write(
                        export.entries, limit: shardSize, metadata: WeightsFormat.metadata,
                        into: folder, tensor: export.tensor))
            } else {
                sums[form.weightsName] = try form.format.write(
                    export, to: "\(folder)/\(form.weightsName)")
            }
        }
        if let golden = try golden(folder) {
            sums[GoldenVectors.fileName] = try golden.write(into: folder)
        }
        return sums
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
        let export = try WeightsExport(
            HostParameters(of: store), network: self, naming: ModelFolderForm.trained.naming)
        guard store.layerParts.rank == 0 else {
            try export.giveParts()
            _ = try goldenVectors(preprocessing)
            return
        }
        unlink("\(folder)/\(FolderChecksums.fileName)")
        try ModelFolderWriter(configuration, preprocessing: preprocessing, form: .trained)
            .fill(folder, with: export) { _ in try goldenVectors(preprocessing) }
            .write(into: folder)
    }

    /// What the model computes of fixed inputs, to be kept with it.
    package func goldenVectors(_ preprocessing: PreprocessingConfiguration) throws
        -> GoldenVectors
    {
        let types = Set(store.parameters.map { $0.master.dtype.elementType })
        return try GoldenVectors(of: self, preprocessing: preprocessing, weightTypes: types)
    }
}
