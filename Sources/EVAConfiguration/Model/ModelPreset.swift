/// A named model: its configuration, and what its publishers say about it.
public struct ModelPreset: Sendable, Equatable {
    /// A zero-shot accuracy that somebody published.
    public struct PublishedAccuracy: Codable, Sendable, Equatable {
        /// Top-1 accuracy on the validation images of ImageNet-1K, in percent.
        public let top1: Double

        /// Who published the figure.
        public let source: String
    }

    /// The name in rei, the original PyTorch program, and in this one.
    public let name: String

    /// The name in open_clip; nil for a model that is not published.
    public let openCLIPName: String?

    /// The name in PaddleMIX; nil for a model that is not published.
    public let paddleMIXName: String?

    /// The tags of the weights in open_clip: training data, samples seen, batch.
    public let pretrainedTags: [String]

    /// The names of the weights' files in rei's release, without their extension.
    public let weightsNames: [String]

    /// Other spellings in use.
    let aliases: [String]

    /// Published zero-shot accuracies.
    public let accuracies: [PublishedAccuracy]

    /// The network.
    public let configuration: ModelConfiguration

    /// How images are prepared for it.
    public var preprocessing: PreprocessingConfiguration {
        PreprocessingConfiguration(imageSize: configuration.vision.imageSize)
    }

    /// Whether weights are published, as opposed to a model meant for training from scratch.
    public var isPublished: Bool { openCLIPName != nil }

    /// All models known by name: the seven published ones, then the small ones.
    public static let all = published + trials

    /// Every spelling under which the model is found.
    public var spellings: [String] {
        [name, openCLIPName, paddleMIXName].compactMap { $0 } + weightsNames + aliases
    }

    /// Finds a model by any of its spellings, letter case aside.
    ///
    /// - Parameter name: rei's, open_clip's or PaddleMIX's name, or that of a weights file of rei's release.
    /// - Returns: The model.
    /// - Throws: `ConfigurationError` with the nearest name.
    public static func named(_ name: String) throws -> ModelPreset {
        let wanted = name.lowercased()
        for preset in all where preset.spellings.contains(where: { $0.lowercased() == wanted }) {
            return preset
        }
        throw ConfigurationError(
            source: "model \"\(name)\"",
            message: "no model has this name" + NearestName.hint(name, in: all.flatMap(\.spellings))
                + " (known: \(all.map(\.name).joined(separator: ", ")))")
    }
}
