package import EVAConfiguration
package import EVATensorFiles
internal import Foundation

/// Finds what a model's name stands for: a preset, a folder, a weights file or a configuration.
package enum ModelLocator {
    /// The weights files that a folder may hold, best first.
    private static let weightsNames = [
        "open_clip_model.safetensors", "model.safetensors", "model.safetensors.index.json",
        "model_state.pdparams", "open_clip_pytorch_model.bin", "pytorch_model.bin",
    ]

    /// Describes the model that `source` names.
    ///
    /// - Throws: `ConfigurationError` or `WeightsError` saying what was looked for and where.
    package static func locate(_ source: ModelSource) throws -> ModelDescription {
        var description = try locate(source.name, configurationFile: source.configurationFile)
        if let size = source.imageSize, size != description.configuration.vision.imageSize {
            guard description.weightsPath == nil || !source.loadsWeights else {
                throw WeightsError(
                    "--image_size \(size): the weights of '\(source.name)' are made for images of "
                        + "\(description.configuration.vision.imageSize) pixels")
            }
            description.configuration.vision.imageSize = size
            description.preprocessing.imageSize = size
        }
        if let rate = source.patchDropout { description.configuration.vision.patchDropout = rate }
        let problems = description.configuration.validate()
        guard problems.isEmpty else {
            throw ConfigurationError(source: source.name, problems: problems)
        }
        return description
    }

    private static func locate(_ name: String, configurationFile: String?) throws
        -> ModelDescription
    {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
            guard configurationFile == nil else {
                throw WeightsError("\(name): no such weights file")
            }
            guard !looksLikePath(name) else {
                throw WeightsError("\(name): no such file or folder")
            }
            let preset = try ModelPreset.named(name)
            let folder = ModelCache(environment: ProcessInfo.processInfo.environment)
                .existingFolder(of: preset)
            return ModelDescription(
                name: name, configuration: preset.configuration,
                preprocessing: preset.preprocessing,
                weightsPath: folder.flatMap(weights(in:)))
        }
        if isFolder.boolValue { return try folder(name, configurationFile: configurationFile) }
        if name.hasSuffix(".json") && configurationFile == nil {
            return try bare(configurationFile: name, name: name, weightsPath: nil)
        }
        guard let configurationFile else {
            throw WeightsError(
                "\(name): a weights file alone does not tell its network; add --config FILE with "
                    + "the model's JSON or the name of a preset")
        }
        return try bare(configurationFile: configurationFile, name: name, weightsPath: name)
    }

    /// Whether a name that stands for nothing on disk was meant as a path.
    private static func looksLikePath(_ name: String) -> Bool {
        name.hasPrefix("/") || name.hasPrefix(".") || name.hasPrefix("~")
            || [".json", ".safetensors", ".pt", ".pth", ".bin", ".pdparams"]
                .contains(where: name.hasSuffix)
    }

    /// A network from a JSON file or a preset's name, with the usual preprocessing.
    private static func bare(configurationFile: String, name: String, weightsPath: String?) throws
        -> ModelDescription
    {
        guard FileManager.default.fileExists(atPath: configurationFile) else {
            if configurationFile.hasSuffix(".json") {
                throw ConfigurationError(
                    source: configurationFile, message: "no such configuration file")
            }
            let preset = try ModelPreset.named(configurationFile)
            return ModelDescription(
                name: name, configuration: preset.configuration,
                preprocessing: preset.preprocessing, weightsPath: weightsPath)
        }
        let configuration = try ModelConfiguration(
            json: contents(of: configurationFile), source: configurationFile)
        return ModelDescription(
            name: name, configuration: configuration,
            preprocessing: try preprocessing(
                openCLIPFile: configurationFile, imageSize: configuration.vision.imageSize),
            weightsPath: weightsPath)
    }

    private static func folder(_ path: String, configurationFile: String?) throws
        -> ModelDescription
    {
        func existing(_ names: [String]) -> String? {
            names.map { path + "/" + $0 }.first(where: FileManager.default.fileExists(atPath:))
        }
        // rei's form describes every network; open_clip's can only name the published ones.
        let found =
            configurationFile
            ?? existing(["config.json", "model_config.json", "open_clip_config.json"])
        guard let found else {
            throw ConfigurationError(
                source: path,
                message: "no config.json or open_clip_config.json in this folder")
        }
        let configuration = try ModelConfiguration(json: contents(of: found), source: found)
        return ModelDescription(
            name: path, configuration: configuration,
            preprocessing: try preprocessing(
                openCLIPFile: existing(["open_clip_config.json"]),
                imageSize: configuration.vision.imageSize),
            weightsPath: weights(in: path))
    }

    private static func weights(in folder: String) -> String? {
        weightsNames.map { folder + "/" + $0 }.first(where: FileManager.default.fileExists)
    }

    private static func preprocessing(openCLIPFile: String?, imageSize: Int) throws
        -> PreprocessingConfiguration
    {
        guard let openCLIPFile else { return PreprocessingConfiguration(imageSize: imageSize) }
        let data = try contents(of: openCLIPFile)
        let document = try JSONParser.parse(data, source: openCLIPFile)
        guard case .object(let members) = document, members["preprocess_cfg"] != nil else {
            return PreprocessingConfiguration(imageSize: imageSize)
        }
        return try PreprocessingConfiguration(
            json: data, source: openCLIPFile, imageSize: imageSize)
    }

    private static func contents(of path: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw ConfigurationError(source: path, message: "cannot be read")
        }
    }
}

extension ModelDescription {
    /// Opens the weights file.
    ///
    /// - Throws: `WeightsError` when the model has none.
    package func openWeights() throws -> any TensorContainer {
        guard let weightsPath else {
            throw WeightsError(
                "'\(name)' has no weights here; give a folder that train wrote, or a weights file "
                    + "with --config FILE; evaclip pull brings those of a published model")
        }
        return try TensorFile.open(path: weightsPath)
    }
}
