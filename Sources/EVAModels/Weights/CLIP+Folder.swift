package import EVAConfiguration
internal import EVATensorFiles
package import Torch

extension CLIP {
    /// Builds a described network and loads its weights.
    ///
    /// - Throws: `WeightsError` when there are none or they do not fit.
    package init(loading description: ModelDescription, device: Device) throws {
        self.init(description.configuration, device: device)
        try loadWeights(from: description.openWeights())
    }

    /// Writes a model folder: weights under open_clip's names, the configuration in rei's and
    /// open_clip's forms, and the preprocessing.
    ///
    /// - Parameter folder: exists already.
    package func write(
        into folder: String, preprocessing: PreprocessingConfiguration
    ) throws {
        try AtomicFile.write([UInt8](configuration.reiJSON()), to: folder + "/config.json")
        try AtomicFile.write(
            [UInt8](configuration.openCLIPConfiguration(preprocessing: preprocessing)),
            to: folder + "/open_clip_config.json")
        try saveWeights(
            to: folder + "/open_clip_model.safetensors", naming: .openCLIP,
            metadata: ["format": "pt"])
    }
}
