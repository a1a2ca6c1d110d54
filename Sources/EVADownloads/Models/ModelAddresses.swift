package import EVAConfiguration

/// Who publishes the weights of a model.
package enum ModelPublisher: String, Sendable, CaseIterable {
    /// The original, by the links of its readme.
    case paddlemix
    /// open_clip, on the Hugging Face hub.
    case openCLIP = "open_clip"
}

/// Where the files of the published models lie.
package struct ModelAddresses: Sendable {
    /// The original's usual place, and the variable that names another.
    private static let community = (
        "COMMUNITY_MODEL_PREFIX", "https://bj.bcebos.com/paddlenlp/models/community"
    )
    /// The hub's usual place, and the variable that names another.
    private static let hub = ("HF_ENDPOINT", "https://huggingface.co")

    /// The hub's repositories of open_clip's weights, as its table of pretrained models has them.
    private static let repositories = [
        "EVA01-CLIP-g-14": "timm/eva_giant_patch14_clip_224.laion400m_s11b_b41k",
        "EVA01-CLIP-g-14-plus": "timm/eva_giant_patch14_plus_clip_224.merged2b_s11b_b114k",
        "EVA02-CLIP-B-16": "timm/eva02_base_patch16_clip_224.merged2b_s8b_b131k",
        "EVA02-CLIP-L-14": "timm/eva02_large_patch14_clip_224.merged2b_s4b_b131k",
        "EVA02-CLIP-L-14-336": "timm/eva02_large_patch14_clip_336.merged2b_s6b_b61k",
        "EVA02-CLIP-bigE-14": "timm/eva02_enormous_patch14_clip_224.laion2b_s4b_b115k",
        "EVA02-CLIP-bigE-14-plus": "timm/eva02_enormous_patch14_plus_clip_224.laion2b_s9b_b144k",
    ]

    /// The names under which the readme's links have a model, where they are not the model's own.
    private static let linkedNames = [
        "EVA01-CLIP-g-14": "EVA01-CLIP-B-14",
        "EVA01-CLIP-g-14-plus": "EVA01-CLIP-B-14-plus",
    ]

    /// A file of a model.
    package struct File: Sendable, Equatable {
        /// Its path in the model's folder.
        package let name: String
        /// Where it may lie, the likeliest place first.
        package let addresses: [String]
        /// Whether the model is of no use without it.
        package let isNeeded: Bool

        /// The most bytes that it can have: those of weights, or of a page of settings.
        var largestSize: Int { name.hasSuffix(".json") ? 16 << 20 : 64 << 30 }
    }

    /// The files, the weights last.
    package let files: [File]
    /// What opens private repositories; nil for none.
    package let token: String?

    /// The files of a model.
    ///
    /// - Parameters:
    ///   - preset: A published model.
    ///   - publisher: Whose files.
    ///   - environment: The environment variables: mirrors, and the hub's token.
    /// - Returns: nil for a model that is not published.
    package init?(
        _ preset: ModelPreset, from publisher: ModelPublisher, environment: [String: String]
    ) {
        guard let repository = Self.repositories[preset.name] else { return nil }
        func base(_ place: (variable: String, usual: String)) -> String {
            let named = environment[place.variable].flatMap { $0.isEmpty ? nil : $0 }
            let base = named ?? place.usual
            return base.hasSuffix("/") ? String(base.dropLast()) : base
        }
        switch publisher {
        case .paddlemix:
            let folders = [preset.name, Self.linkedNames[preset.name]].compactMap { $0 }.map {
                base(Self.community) + "/paddlemix/EVA/" + $0
            }
            let settings = ["train", "eval"].flatMap { use in
                ["image", "text"].map { "processor/\(use)/\($0)_preprocessor_config.json" }
            }
            files =
                (["config.json"] + settings).map { File($0, in: folders, isNeeded: false) }
                + [File("model_state.pdparams", in: folders, isNeeded: true)]
            token = nil
        case .openCLIP:
            let folder = base(Self.hub) + "/" + repository + "/resolve/main"
            files = ["open_clip_config.json", "open_clip_model.safetensors"].map {
                File($0, in: [folder], isNeeded: true)
            }
            token = environment["HF_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        }
    }
}

extension ModelAddresses.File {
    fileprivate init(_ name: String, in folders: [String], isNeeded: Bool) {
        self.init(name: name, addresses: folders.map { $0 + "/" + name }, isNeeded: isNeeded)
    }
}
