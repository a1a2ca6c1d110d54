package import EVAConfiguration
package import EVATensorFiles
internal import Foundation

/// Finds what a model's name stands for: a preset, a folder, a weights file or a configuration.
package enum ModelLocator {
    /// Describes the model that `source` names.
    ///
    /// - Parameters:
    ///   - source: what was asked for.
    ///   - environment: says where downloaded models are kept.
    /// - Throws: `ConfigurationError` or `WeightsError` saying what was looked for and where.
    package static func locate(
        _ source: ModelSource,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ModelDescription {
        var description = try describe(source, environment)
        description.policy = WeightPolicy(
            allowedMissing: source.allowedMissing,
            resizes: source.imageSize != nil || source.patchSize != nil,
            resizeRule: source.resizeRule)
        if let size = source.imageSize {
            description.configuration.vision.imageSize = size
            description.preprocessing.imageSize = size
        }
        if let size = source.patchSize { description.configuration.vision.patchSize = size }
        if let rule = source.exifOrientation { description.preprocessing.exifOrientation = rule }
        if let rate = source.patchDropout { description.configuration.vision.patchDropout = rate }
        let problems = description.configuration.validate()
        guard problems.isEmpty else {
            throw ConfigurationError(source: source.name, problems: problems)
        }
        return description
    }

    private static func describe(_ source: ModelSource, _ environment: [String: String]) throws
        -> ModelDescription
    {
        let name = source.name
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
            return try named(source, environment)
        }
        if isFolder.boolValue {
            return try folder(name, name: name, configurationFile: source.configurationFile)
        }
        if name.hasSuffix(".json") && source.configurationFile == nil {
            return try bare(configurationFile: name, name: name, weightsPath: nil)
        }
        guard let configurationFile = source.configurationFile else {
            return try detected(weightsPath: name, name: name)
        }
        return try bare(configurationFile: configurationFile, name: name, weightsPath: name)
    }

    /// A model that stands for nothing on disk by itself: a preset, or one in a cache.
    private static func named(_ source: ModelSource, _ environment: [String: String]) throws
        -> ModelDescription
    {
        let name = source.name
        guard !looksLikePath(name) else { throw WeightsError("\(name): no such file or folder") }
        let preset = Result { try ModelPreset.named(name) }
        let known = try? preset.get()
        // A preset that is trained from scratch is the same whatever lies in a cache.
        if source.loadsWeights || known == nil,
            let cached = ModelCaches.folder(of: name, preset: known, environment: environment)
        {
            return try folder(
                cached, name: name, configurationFile: source.configurationFile, preset: known)
        }
        guard source.configurationFile == nil else {
            throw WeightsError("\(name): no such weights file")
        }
        guard !name.hasPrefix("hf-hub:") else {
            throw WeightsError(
                "\(name): not in the hub's cache \(HubCache.root(environment)); download it there, "
                    + "or give a folder")
        }
        let found = try preset.get()
        return ModelDescription(
            name: name, configuration: found.configuration, preprocessing: found.preprocessing,
            weightsPath: nil)
    }

    /// Whether a name that stands for nothing on disk was meant as a path.
    private static func looksLikePath(_ name: String) -> Bool {
        name.hasPrefix("/") || name.hasPrefix(".") || name.hasPrefix("~")
            || ([".json"] + ModelFolder.weightsSuffixes).contains(where: name.hasSuffix)
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
        let imageSize = configuration.vision.imageSize
        return ModelDescription(
            name: name, configuration: configuration,
            preprocessing: try PreprocessingConfiguration(
                modelFile: configurationFile, imageSize: imageSize)
                ?? PreprocessingConfiguration(imageSize: imageSize),
            weightsPath: weightsPath)
    }

    /// Weights without a configuration, whose tensors have to tell the network.
    private static func detected(weightsPath: String, name: String) throws -> ModelDescription {
        let configuration = try DetectedArchitecture.configuration(
            of: TensorFile.open(path: weightsPath))
        return ModelDescription(
            name: name, configuration: configuration,
            preprocessing: PreprocessingConfiguration(imageSize: configuration.vision.imageSize),
            weightsPath: weightsPath)
    }

    /// A model's folder.
    ///
    /// - Parameter preset: the model that it must be, for a folder without a configuration.
    private static func folder(
        _ path: String, name: String, configurationFile: String?, preset: ModelPreset? = nil
    ) throws -> ModelDescription {
        let folder = try ModelFolder(path: path)
        let configuration: ModelConfiguration
        if let configurationFile, !FileManager.default.fileExists(atPath: configurationFile),
            !configurationFile.hasSuffix(".json")
        {
            configuration = try ModelPreset.named(configurationFile).configuration
        } else if let file = configurationFile ?? folder.configurationPath {
            configuration = try ModelConfiguration(json: contents(of: file), source: file)
        } else if let preset {
            configuration = preset.configuration
        } else {
            configuration = try detected(in: folder, path: path)
        }
        return ModelDescription(
            name: name, configuration: configuration,
            preprocessing: try folder.preprocessing(imageSize: configuration.vision.imageSize),
            weightsPath: folder.weightsPath)
    }

    /// The network of a folder without a configuration, told by its weights.
    private static func detected(in folder: ModelFolder, path: String) throws -> ModelConfiguration
    {
        let lack = "no config.json or open_clip_config.json in this folder"
        guard let weights = folder.weightsPath else {
            throw ConfigurationError(source: path, message: lack)
        }
        do {
            return try detected(weightsPath: weights, name: path).configuration
        } catch let error as WeightsError {
            throw ConfigurationError(source: path, message: "\(lack), and \(error)")
        }
    }

    /// The bytes of a model's JSON file.
    static func contents(of path: String) throws -> Data {
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
            let remedy =
                (try? ModelPreset.named(name)).flatMap { preset in
                    preset.isPublished ? "'evaclip pull \(preset.name)' brings them; or " : nil
                } ?? ""
            throw WeightsError(
                "'\(name)' has no weights here; \(remedy)give a folder that train wrote, or a "
                    + "weights file")
        }
        return try TensorFile.open(path: weightsPath)
    }
}
