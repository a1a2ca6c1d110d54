import Foundation

/// The seven published models as their publishers' configuration files describe them, in three forms.
struct PublishedModel: Sendable, CustomStringConvertible {
    let name: String
    let embedWidth: Int
    let vision: String
    let text: String
    let timmName: String
    let imageSize: Int
    let parameterCount: Int

    var description: String { name }

    /// baaivision's form: silent about biases and pooling.
    var rei: Data {
        document(
            """
            {"embed_dim": \(embedWidth),
             "vision_cfg": {\(vision), "eva_model_name": "eva", "xattn": true, "fusedLN": true},
             "text_cfg": {\(text), "xattn": false, "fusedLN": true}}
            """)
    }

    /// PaddleMIX's form: biases and pooling spelt out, since its defaults are others.
    var paddleMIX: Data {
        document(
            """
            {"embed_dim": \(embedWidth), "model_type": "evaclip",
             "vision_cfg": {\(vision), "qkv_bias": true, "use_mean_pooling": false, "xattn": true},
             "text_cfg": {\(text), "fusedLN": true}}
            """)
    }

    /// What PaddleMIX saves after training: sections twice, the joint width inside them.
    var savedPaddleMIX: Data {
        let visionSection = """
            {\(vision), "qkv_bias": true, "use_mean_pooling": false, "embed_dim": \(embedWidth)}
            """
        let textSection = "{\(text), \"embed_dim\": \(embedWidth)}"
        return document(
            """
            {"architectures": ["EVACLIP"], "dtype": "float32", "model_type": "evaclip",
             "return_dict": true, "paddlenlp_version": null,
             "vision_cfg": \(visionSection), "vision_config": \(visionSection),
             "text_cfg": \(textSection), "text_config": \(textSection)}
            """)
    }

    /// open_clip's form: the vision tower is a name.
    var openCLIP: Data {
        document(
            """
            {"embed_dim": \(embedWidth),
             "vision_cfg": {"image_size": \(imageSize), "timm_model_name": "\(timmName)",
                            "timm_model_pretrained": false, "timm_pool": "token", "timm_proj": null},
             "text_cfg": {"context_length": 77, "vocab_size": 49408, \(text)},
             "custom_text": true}
            """)
    }

    private func document(_ text: String) -> Data { Data(text.utf8) }
}

extension PublishedModel {
    private static let giantVision = """
        "image_size": 224, "layers": 40, "width": 1408, "head_width": 88, "mlp_ratio": 4.3637,
        "patch_size": 14
        """
    private static let rotary = """
        "rope": true, "pt_hw_seq_len": 16, "intp_freq": true, "naiveswiglu": true, "subln": true
        """
    private static let largeVision = """
        "layers": 24, "width": 1024, "head_width": 64, "mlp_ratio": 2.6667, "patch_size": 14,
        \(rotary)
        """
    private static let enormousVision = """
        "image_size": 224, "layers": 64, "width": 1792, "head_width": 112,
        "mlp_ratio": 8.571428571428571, "patch_size": 14, "postnorm": true
        """

    static let all = [
        PublishedModel(
            name: "EVA01-CLIP-g-14", embedWidth: 1024,
            vision: giantVision + ", \"drop_path_rate\": 0.4",
            text: #""width": 768, "heads": 12, "layers": 12"#,
            timmName: "eva_giant_patch14_224", imageSize: 224, parameterCount: 1_136_435_841),
        PublishedModel(
            name: "EVA01-CLIP-g-14-plus", embedWidth: 1024,
            vision: giantVision + ", \"drop_path_rate\": 0",
            text: #""width": 1024, "heads": 16, "layers": 24"#,
            timmName: "eva_giant_patch14_clip_224", imageSize: 224, parameterCount: 1_366_621_569),
        PublishedModel(
            name: "EVA02-CLIP-B-16", embedWidth: 512,
            vision: """
                "image_size": 224, "layers": 12, "width": 768, "head_width": 64,
                "mlp_ratio": 2.6667, "patch_size": 16, \(rotary)
                """,
            text: #""width": 512, "heads": 8, "layers": 12"#,
            timmName: "eva02_base_patch16_clip_224", imageSize: 224, parameterCount: 149_691_137),
        PublishedModel(
            name: "EVA02-CLIP-L-14", embedWidth: 768,
            vision: "\"image_size\": 224, " + largeVision,
            text: #""width": 768, "heads": 12, "layers": 12"#,
            timmName: "eva02_large_patch14_clip_224", imageSize: 224, parameterCount: 427_755_457),
        PublishedModel(
            name: "EVA02-CLIP-L-14-336", embedWidth: 768,
            vision: "\"image_size\": 336, " + largeVision,
            text: #""width": 768, "heads": 12, "layers": 12"#,
            timmName: "eva02_large_patch14_clip_336", imageSize: 336, parameterCount: 428_083_137),
        PublishedModel(
            name: "EVA02-CLIP-bigE-14", embedWidth: 1024, vision: enormousVision,
            text: #""width": 1024, "heads": 16, "layers": 24"#,
            timmName: "eva02_enormous_patch14_clip_224", imageSize: 224,
            parameterCount: 4_704_589_569),
        PublishedModel(
            name: "EVA02-CLIP-bigE-14-plus", embedWidth: 1024, vision: enormousVision,
            text: #""width": 1280, "heads": 20, "layers": 32"#,
            timmName: "eva02_enormous_patch14_clip_224", imageSize: 224,
            parameterCount: 5_044_889_089),
    ]
}
