extension ModelPreset {
    /// Small EVA-02-style models (rotary positions, SwiGLU, sub-LayerNorm) to train from scratch.
    ///
    /// They keep the published vocabulary, so that tokens and captions are the real ones, and have no
    /// published weights. Widths are multiples of 32, which the matrix kernels like.
    public static let trials = [nano, tiny]

    /// For pictures of 64 pixels: minutes on a few cores.
    private static let nano = trial(
        "EVA02-CLIP-Nano", embedWidth: 128, imageSize: 64, patchSize: 8, width: 128, layerCount: 4,
        headWidth: 32, mlpWidth: 320,
        text: TextConfiguration(width: 128, headCount: 2, layerCount: 3))

    /// For pictures of 112 pixels: small photographic collections on one machine.
    private static let tiny = trial(
        "EVA02-CLIP-Tiny", embedWidth: 256, imageSize: 112, patchSize: 14, width: 192,
        layerCount: 8, headWidth: 64, mlpWidth: 512,
        text: TextConfiguration(width: 256, headCount: 4, layerCount: 4))

    private static func trial(
        _ name: String, embedWidth: Int, imageSize: Int, patchSize: Int, width: Int,
        layerCount: Int, headWidth: Int, mlpWidth: Int, text: TextConfiguration
    ) -> ModelPreset {
        ModelPreset(
            name: name, openCLIPName: nil, paddleMIXName: nil, pretrainedTags: [],
            weightsNames: [], aliases: [], accuracies: [],
            configuration: ModelConfiguration(
                embedWidth: embedWidth,
                vision: VisionConfiguration(
                    imageSize: imageSize, patchSize: patchSize, width: width,
                    layerCount: layerCount, headWidth: headWidth, mlpWidth: mlpWidth,
                    mlpKind: .swiGLU, usesSubLayerNorm: true, rope: RopeConfiguration()),
                text: text))
    }
}
