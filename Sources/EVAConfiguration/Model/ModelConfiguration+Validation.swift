extension ModelConfiguration {
    /// Parameters beyond any use, which no memory holds.
    private static let largestCount = 1_000_000_000_000

    /// Everything that stops this configuration from being a model, all at once.
    ///
    /// Key paths are those of the rei JSON form, which is the form that `reiJSON()` writes.
    ///
    /// - Returns: The problems; empty for a configuration that can be built.
    public func validate() -> [ConfigurationProblem] {
        var check = ValidationCheck()
        check.size(embedWidth, "embed_dim")
        vision.validate(&check)
        text.validate(&check)
        if let initialLogitBias {
            check.within(.from(-1000, to: 1000), initialLogitBias, "init_logit_bias")
        }
        // Each size is within its bounds now, so that the count does not overflow.
        if check.problems.isEmpty {
            check.require(
                parameterCount <= Self.largestCount, "",
                "describes \(parameterCount) parameters; at most \(Self.largestCount) are taken")
        }
        return check.problems
    }
}

extension VisionConfiguration {
    fileprivate func validate(_ check: inout ValidationCheck) {
        check.within(.imageSize, imageSize, "vision_cfg.image_size")
        check.within(.patchSize, patchSize, "vision_cfg.patch_size")
        check.size(width, "vision_cfg.width")
        check.size(layerCount, "vision_cfg.layers", limit: 1024)
        check.size(headWidth, "vision_cfg.head_width")
        check.size(mlpWidth, "vision_cfg.mlp_ratio")
        check.rate(dropPathRate, "vision_cfg.drop_path_rate")
        check.rate(patchDropout, "vision_cfg.patch_dropout")
        check.epsilon(layerNormEpsilon, "vision_cfg.layer_norm_eps")
        check.epsilon(innerAttentionNormEpsilon, "vision_cfg.inner_attn_ln_eps")
        check.require(
            !usesSubLayerNorm || mlpKind == .swiGLU, "vision_cfg.subln",
            "sub-LayerNorm is known only together with the SwiGLU feed-forward part; "
                + "set naiveswiglu to true, or subln to false")
        guard imageSize > 0, patchSize > 0, width > 0, headWidth > 0 else { return }
        check.require(
            imageSize % patchSize == 0, "vision_cfg.image_size",
            "\(imageSize) is not a multiple of the patch size \(patchSize)")
        check.require(
            width % headWidth == 0, "vision_cfg.width",
            "\(width) is not a multiple of the head width \(headWidth)")
        validateRope(&check)
    }

    private func validateRope(_ check: inout ValidationCheck) {
        guard let rope else { return }
        check.size(rope.pretrainedGridSize, "vision_cfg.pt_hw_seq_len")
        check.require(
            headWidth % 4 == 0, "vision_cfg.head_width",
            "rotary position embedding needs a multiple of 4, got \(headWidth)")
        check.require(
            rope.interpolatesFrequencies || gridSize == rope.pretrainedGridSize,
            "vision_cfg.intp_freq",
            "without interpolation the grid of \(gridSize) must equal pt_hw_seq_len "
                + "\(rope.pretrainedGridSize); set intp_freq to true")
    }
}

extension TextConfiguration {
    fileprivate func validate(_ check: inout ValidationCheck) {
        check.size(contextLength, "text_cfg.context_length")
        check.size(vocabularySize, "text_cfg.vocab_size", limit: 1 << 24)
        check.size(width, "text_cfg.width")
        check.size(headCount, "text_cfg.heads")
        check.size(layerCount, "text_cfg.layers", limit: 1024)
        check.size(mlpWidth, "text_cfg.mlp_ratio")
        check.epsilon(layerNormEpsilon, "text_cfg.layer_norm_eps")
        check.require(
            contextLength < 1 || contextLength >= 2, "text_cfg.context_length",
            "a text has at least its start and its end, so 2 or more")
        guard width > 0, headCount > 0 else { return }
        check.require(
            width % headCount == 0, "text_cfg.width",
            "\(width) is not a multiple of the number of heads \(headCount)")
    }
}
