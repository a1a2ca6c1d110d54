internal import EVAConfiguration
internal import EVATensorFiles
internal import Foundation

/// A folder with a model: its weights, its configuration and its preprocessing, in the layouts of
/// open_clip, PaddleMIX and this program.
struct ModelFolder {
    /// The weights files that a folder may hold, best first.
    private static let weightsNames = [
        "open_clip_model.safetensors", "model.safetensors", "model.safetensors.index.json",
        "model_state.pdparams", "open_clip_pytorch_model.bin", "pytorch_model.bin",
    ]

    /// What the names of weights begin with that the ranks of a run wrote in pieces.
    static let piecesBase = "open_clip_model"

    /// What weights end with, for files of other names.
    static let weightsSuffixes = [".safetensors", ".pt", ".pth", ".bin", ".pdparams"]

    /// Files that end as weights do and are none.
    private static let otherTensors: Set<String> = ["golden.safetensors", "optimizer.safetensors"]

    /// rei's form describes every network; open_clip's can only name the published ones.
    private static let configurationNames = [
        "config.json", "model_config.json", "open_clip_config.json",
    ]

    /// The preprocessing of evaluation first: all verbs but training use it, and training's differs
    /// in its augmentation, which flags decide here.
    private static let preprocessingNames = [
        "open_clip_config.json", "processor/eval/image_preprocessor_config.json",
        "processor/train/image_preprocessor_config.json", "image_preprocessor_config.json",
    ]

    let path: String

    /// The folder of a path; for a model in the layout of the hub's cache, its present snapshot.
    init(path: String) throws(WeightsError) {
        self.path = try HubCache.snapshot(in: path) ?? path
    }

    /// The weights, by their usual name or as the only file that looks like weights.
    var weightsPath: String? {
        if let usual = existing(Self.weightsNames) { return usual }
        if let pieces = TensorPieces.firstPath(Self.piecesBase, in: path) { return pieces }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let candidates = names.filter { name in
            !name.hasPrefix(".") && !Self.otherTensors.contains(name)
                && Self.weightsSuffixes.contains(where: name.hasSuffix)
        }
        return candidates.count == 1 ? "\(path)/\(candidates[0])" : nil
    }

    /// The configuration.
    var configurationPath: String? { existing(Self.configurationNames) }

    /// How pictures are prepared for a model of an image size.
    ///
    /// - Throws: `ConfigurationError` when the file is faulty or made for another image size.
    func preprocessing(imageSize: Int) throws -> PreprocessingConfiguration {
        for name in Self.preprocessingNames {
            guard let file = existing([name]) else { continue }
            let found = try PreprocessingConfiguration(modelFile: file, imageSize: imageSize)
            guard let found else { continue }
            guard found.imageSize == imageSize else {
                throw ConfigurationError(
                    source: file,
                    message: "prepares images of \(found.imageSize) pixels, but the model takes "
                        + "\(imageSize); give both one size")
            }
            return found
        }
        return PreprocessingConfiguration(imageSize: imageSize)
    }

    private func existing(_ names: [String]) -> String? {
        names.map { path + "/" + $0 }.first(where: FileManager.default.fileExists(atPath:))
    }
}

extension PreprocessingConfiguration {
    /// What a file of a model says of preprocessing; nil for open_clip's where it says nothing.
    init?(modelFile path: String, imageSize: Int) throws {
        let data = try ModelLocator.contents(of: path)
        if path.hasSuffix("image_preprocessor_config.json") {
            try self.init(json: data, source: path, imageSize: imageSize)
            return
        }
        let document = try JSONParser.parse(data, source: path)
        guard case .object(let members) = document, members["preprocess_cfg"] != nil else {
            return nil
        }
        try self.init(json: data, source: path, imageSize: imageSize)
    }
}
