package import EVAConfiguration
package import EVATensorFiles
internal import Foundation

/// What a model folder is made of: the naming and format of its weights decide its other files.
package struct ModelFolderForm: Sendable, Equatable {
    package let naming: WeightNaming
    package let format: WeightsFormat

    package init(naming: WeightNaming, format: WeightsFormat) {
        self.naming = naming
        self.format = format
    }

    /// What `train` writes, and open_clip reads.
    package static let trained = ModelFolderForm(naming: .openCLIP, format: .safetensors)

    /// The name of the weights file, where the naming's own program looks for it.
    package var weightsName: String {
        switch (format, naming) {
        case (.paddle, _): "model_state.pdparams"
        case (.safetensors, .openCLIP): "open_clip_model.safetensors"
        case (.safetensors, _): "model.safetensors"
        case (.pytorch, .openCLIP): "open_clip_pytorch_model.bin"
        case (.pytorch, _): "pytorch_model.bin"
        }
    }

    /// Writes the network's configuration and its preprocessing into a folder.
    ///
    /// - Returns: the digests of the files.
    /// - Throws: `ConfigurationError` where the form cannot express them.
    package func writeConfiguration(
        _ configuration: ModelConfiguration, preprocessing: PreprocessingConfiguration,
        into folder: String
    ) throws -> FolderChecksums {
        var sums = FolderChecksums()
        func write(_ data: Data, to name: String) throws {
            sums[name] = try AtomicFile.write([UInt8](data), to: "\(folder)/\(name)")
        }
        guard naming == .paddleMIX else {
            try write(configuration.reiJSON(), to: "config.json")
            try write(
                configuration.openCLIPConfiguration(preprocessing: preprocessing),
                to: "open_clip_config.json")
            return sums
        }
        try write(configuration.paddleMIXJSON(), to: "config.json")
        for (name, isTraining) in [("train", true), ("eval", false)] {
            let processor = "processor/\(name)"
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(processor)", withIntermediateDirectories: true)
            try write(
                preprocessing.paddleMIXImageProcessor(training: isTraining),
                to: processor + "/image_preprocessor_config.json")
            try write(
                PreprocessingConfiguration.paddleMIXTextProcessor(),
                to: processor + "/text_preprocessor_config.json")
        }
        return sums
    }
}
