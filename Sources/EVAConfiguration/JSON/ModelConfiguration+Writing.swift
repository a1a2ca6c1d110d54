public import Foundation

extension ModelConfiguration {
    /// The configuration in rei's JSON form, keys sorted: what a trained model's folder keeps as
    /// `config.json`.
    ///
    /// Every value that decides the network is spelt out, so that no reader's defaults matter. Two keys are
    /// ours, and written only where a value is not the published one: `inner_attn_ln_eps`,
    /// `layer_norm_eps`. Reading the result gives an equal configuration.
    ///
    /// - Returns: The file's bytes.
    public func reiJSON() -> Data {
        Data(reiValue.encoded().utf8)
    }

    /// The contents of open_clip's `open_clip_config.json`.
    ///
    /// A vision tower that timm publishes is written as its name, which open_clip can build. Any other is
    /// written in rei's form inside `model_cfg`: open_clip has no means to describe it, this library reads it.
    ///
    /// - Parameter preprocessing: How images are prepared for the model.
    /// - Returns: The file's bytes.
    public func openCLIPConfiguration(preprocessing: PreprocessingConfiguration) -> Data {
        let model = TimmArchitecture.name(of: vision).map(openCLIPValue) ?? reiValue
        let document = JSONValue.object([
            "model_cfg": model, "preprocess_cfg": preprocessing.openCLIPValue,
        ])
        return Data(document.encoded().utf8)
    }

    /// The contents of PaddleMIX's `config.json`.
    ///
    /// Every value that decides the network is spelt out, because PaddleMIX's defaults are not rei's. The
    /// keys that `reiJSON()` adds are written here too where a value is not the published one; PaddleMIX
    /// ignores them.
    ///
    /// - Returns: The file's bytes.
    public func paddleMIXJSON() -> Data {
        let document = withLogitBias([
            "architectures": .array([.string("EVACLIP")]),
            "embed_dim": .integer(embedWidth),
            "model_type": .string("evaclip"),
            "text_cfg": text.reiValue,
            "vision_cfg": vision.paddleMIXValue,
        ])
        return Data(document.encoded().utf8)
    }

    private func openCLIPValue(timmName: String) -> JSONValue {
        var visionKeys: [String: JSONValue] = [
            "image_size": .integer(vision.imageSize),
            "timm_model_name": .string(timmName),
            "timm_model_pretrained": .bool(false),
            "timm_pool": .string("token"),
            "timm_proj": .null,
        ]
        if vision.dropPathRate != 0 { visionKeys["timm_drop_path"] = .number(vision.dropPathRate) }
        if vision.patchDropout != 0 { visionKeys["patch_dropout"] = .number(vision.patchDropout) }
        return withLogitBias([
            "custom_text": .bool(true),
            "embed_dim": .integer(embedWidth),
            "text_cfg": text.reiValue,
            "vision_cfg": .object(visionKeys),
        ])
    }

    private var reiValue: JSONValue {
        let name = ModelPreset.all.first { $0.configuration == self }?.name ?? "EVA-CLIP"
        return withLogitBias([
            "embed_dim": .integer(embedWidth),
            "text_cfg": text.reiValue,
            "vision_cfg": vision.reiValue(name: name),
        ])
    }

    /// open_clip's key, written only where there is a bias.
    private func withLogitBias(_ keys: [String: JSONValue]) -> JSONValue {
        .object(
            keys.merging(initialLogitBias.map { ["init_logit_bias": .number($0)] } ?? [:]) { $1 })
    }
}

extension VisionConfiguration {
    fileprivate func reiValue(name: String) -> JSONValue {
        var keys = commonKeys
        keys["eva_model_name"] = .string(name)
        keys["global_average_pool"] = .bool(pooling == .mean)
        return .object(keys)
    }

    fileprivate var paddleMIXValue: JSONValue {
        var keys = commonKeys
        keys["inner_attn_ln"] = .bool(usesSubLayerNorm)
        keys["use_mean_pooling"] = .bool(pooling == .mean)
        return .object(keys)
    }

    /// What rei and PaddleMIX spell alike.
    private var commonKeys: [String: JSONValue] {
        var keys: [String: JSONValue] = [
            "drop_path_rate": .number(dropPathRate),
            "head_width": .integer(headWidth),
            "image_size": .integer(imageSize),
            "layers": .integer(layerCount),
            "mlp_ratio": .number(mlpRatio(width: width, hidden: mlpWidth)),
            "naiveswiglu": .bool(mlpKind == .swiGLU),
            "patch_dropout": .number(patchDropout),
            "patch_size": .integer(patchSize),
            "postnorm": .bool(normPlacement == .post),
            "qkv_bias": .bool(qkvBias),
            "rope": .bool(rope != nil),
            "subln": .bool(usesSubLayerNorm),
            "width": .integer(width),
        ]
        if let rope {
            keys["pt_hw_seq_len"] = .integer(rope.pretrainedGridSize)
            keys["intp_freq"] = .bool(rope.interpolatesFrequencies)
        }
        if layerNormEpsilon != 1e-6 { keys["layer_norm_eps"] = .number(layerNormEpsilon) }
        if innerAttentionNormEpsilon != 1e-6 {
            keys["inner_attn_ln_eps"] = .number(innerAttentionNormEpsilon)
        }
        return keys
    }
}

extension TextConfiguration {
    fileprivate var reiValue: JSONValue {
        var keys: [String: JSONValue] = [
            "context_length": .integer(contextLength),
            "heads": .integer(headCount),
            "layers": .integer(layerCount),
            "vocab_size": .integer(vocabularySize),
            "width": .integer(width),
        ]
        // rei's text section has no such key, so the usual ratio is left to its default.
        if mlpWidth != 4 * width {
            keys["mlp_ratio"] = .number(mlpRatio(width: width, hidden: mlpWidth))
        }
        if layerNormEpsilon != 1e-5 { keys["layer_norm_eps"] = .number(layerNormEpsilon) }
        return .object(keys)
    }
}

/// A ratio whose product with `width`, cut to an integer, is exactly `hidden`.
private func mlpRatio(width: Int, hidden: Int) -> Double {
    let ratio = Double(hidden) / Double(width)
    return Int(Double(width) * ratio) == hidden ? ratio : ratio.nextUp
}
