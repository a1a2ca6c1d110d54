extension ModelPreset {
    /// The seven published EVA-CLIP models, smallest generation first.
    public static let published = [
        giant, giantPlus, base16, large14, large14At336, enormous14, enormous14Plus,
    ]

    private static let giant = ModelPreset(
        name: "EVA01-CLIP-g-14", openCLIPName: "EVA01-g-14",
        paddleMIXName: "paddlemix/EVA/EVA01-CLIP-g-14",
        pretrainedTags: ["laion400m_s11b_b41k"], weightsNames: ["EVA01_CLIP_g_14_psz14_s11B"],
        // PaddleMIX's readme links to the model under this wrong name.
        aliases: ["EVA01-CLIP-B-14", "paddlemix/EVA/EVA01-CLIP-B-14"],
        accuracies: [.rei(78.5)],
        configuration: ModelConfiguration(
            embedWidth: 1024,
            // rei's configuration, and only this one, has a stochastic depth of its own.
            vision: .withDropPath(0.4, TimmArchitecture.giant),
            text: TextConfiguration(width: 768, headCount: 12, layerCount: 12)))

    private static let giantPlus = ModelPreset(
        name: "EVA01-CLIP-g-14-plus", openCLIPName: "EVA01-g-14-plus",
        paddleMIXName: "paddlemix/EVA/EVA01-CLIP-g-14-plus",
        pretrainedTags: ["merged2b_s11b_b114k"],
        weightsNames: ["EVA01_CLIP_g_14_plus_psz14_s11B"],
        aliases: ["EVA01-CLIP-B-14-plus", "paddlemix/EVA/EVA01-CLIP-B-14-plus"],
        accuracies: [.rei(79.3)],
        configuration: ModelConfiguration(
            embedWidth: 1024, vision: TimmArchitecture.giant,
            text: TextConfiguration(width: 1024, headCount: 16, layerCount: 24)))

    private static let base16 = ModelPreset(
        name: "EVA02-CLIP-B-16", openCLIPName: "EVA02-B-16",
        paddleMIXName: "paddlemix/EVA/EVA02-CLIP-B-16",
        pretrainedTags: ["merged2b_s8b_b131k"], weightsNames: ["EVA02_CLIP_B_psz16_s8B"],
        aliases: [], accuracies: [.rei(74.7), .paddleMIX(74.6)],
        configuration: ModelConfiguration(
            embedWidth: 512, vision: TimmArchitecture.base,
            text: TextConfiguration(width: 512, headCount: 8, layerCount: 12)))

    private static let large14 = ModelPreset(
        name: "EVA02-CLIP-L-14", openCLIPName: "EVA02-L-14",
        paddleMIXName: "paddlemix/EVA/EVA02-CLIP-L-14",
        pretrainedTags: ["merged2b_s4b_b131k"], weightsNames: ["EVA02_CLIP_L_psz14_s4B"],
        aliases: [], accuracies: [.rei(79.8), .paddleMIX(79.6)],
        configuration: ModelConfiguration(
            embedWidth: 768, vision: TimmArchitecture.large,
            text: TextConfiguration(width: 768, headCount: 12, layerCount: 12)))

    private static let large14At336 = ModelPreset(
        name: "EVA02-CLIP-L-14-336", openCLIPName: "EVA02-L-14-336",
        paddleMIXName: "paddlemix/EVA/EVA02-CLIP-L-14-336",
        pretrainedTags: ["merged2b_s6b_b61k"], weightsNames: ["EVA02_CLIP_L_336_psz14_s6B"],
        aliases: [], accuracies: [.rei(80.4), .paddleMIX(80.3)],
        configuration: ModelConfiguration(
            embedWidth: 768, vision: TimmArchitecture.large336,
            text: TextConfiguration(width: 768, headCount: 12, layerCount: 12)))

    private static let enormous14 = ModelPreset(
        name: "EVA02-CLIP-bigE-14", openCLIPName: "EVA02-E-14",
        paddleMIXName: "paddlemix/EVA/EVA02-CLIP-bigE-14",
        pretrainedTags: ["laion2b_s4b_b115k"], weightsNames: ["EVA02_CLIP_E_psz14_s4B"],
        aliases: [], accuracies: [.rei(81.9), .paddleMIX(82.0)],
        configuration: ModelConfiguration(
            embedWidth: 1024, vision: TimmArchitecture.enormous,
            text: TextConfiguration(width: 1024, headCount: 16, layerCount: 24)))

    private static let enormous14Plus = ModelPreset(
        name: "EVA02-CLIP-bigE-14-plus", openCLIPName: "EVA02-E-14-plus",
        paddleMIXName: "paddlemix/EVA/EVA02-CLIP-bigE-14-plus",
        pretrainedTags: ["laion2b_s9b_b144k"], weightsNames: ["EVA02_CLIP_E_psz14_plus_s9B"],
        aliases: [], accuracies: [.rei(82.0), .paddleMIX(82.0)],
        configuration: ModelConfiguration(
            embedWidth: 1024, vision: TimmArchitecture.enormous,
            text: TextConfiguration(width: 1280, headCount: 20, layerCount: 32)))
}

extension ModelPreset.PublishedAccuracy {
    /// From the tables of models in the readme of baaivision's EVA-CLIP.
    fileprivate static func rei(_ top1: Double) -> Self {
        Self(top1: top1, source: "baaivision")
    }

    /// From the readme of PaddleMIX's EVA-CLIP example.
    fileprivate static func paddleMIX(_ top1: Double) -> Self {
        Self(top1: top1, source: "PaddleMIX")
    }
}

extension VisionConfiguration {
    fileprivate static func withDropPath(_ rate: Double, _ vision: Self) -> Self {
        var vision = vision
        vision.dropPathRate = rate
        return vision
    }
}
