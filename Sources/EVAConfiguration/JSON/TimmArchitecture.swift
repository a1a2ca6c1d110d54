/// The vision towers that timm publishes under a name, which is all that open_clip's files give of them.
///
/// Source: timm 1.0.31, `models/eva.py`, the `eva_giant_*` and `eva02_*_clip_*` entries.
enum TimmArchitecture {
    static let giant = VisionConfiguration(
        imageSize: 224, patchSize: 14, width: 1408, layerCount: 40, headWidth: 88, mlpWidth: 6144)

    static let base = VisionConfiguration(
        imageSize: 224, patchSize: 16, width: 768, layerCount: 12, mlpWidth: 2048,
        mlpKind: .swiGLU, usesSubLayerNorm: true, rope: RopeConfiguration())

    static let large = VisionConfiguration(
        imageSize: 224, patchSize: 14, width: 1024, layerCount: 24, mlpWidth: 2730,
        mlpKind: .swiGLU, usesSubLayerNorm: true, rope: RopeConfiguration())

    static let large336 = VisionConfiguration(
        imageSize: 336, patchSize: 14, width: 1024, layerCount: 24, mlpWidth: 2730,
        mlpKind: .swiGLU, usesSubLayerNorm: true, rope: RopeConfiguration())

    static let enormous = VisionConfiguration(
        imageSize: 224, patchSize: 14, width: 1792, layerCount: 64, headWidth: 112,
        mlpWidth: 15360, normPlacement: .post)

    /// Every known name.
    ///
    /// The giant has two, alike but for a default that open_clip overrides.
    static let byName = [
        "eva_giant_patch14_224": giant,
        "eva_giant_patch14_clip_224": giant,
        "eva02_base_patch16_clip_224": base,
        "eva02_large_patch14_clip_224": large,
        "eva02_large_patch14_clip_336": large336,
        "eva02_enormous_patch14_clip_224": enormous,
    ]

    /// The name of a vision tower, rates of regularisation aside; nil if timm publishes none.
    static func name(of vision: VisionConfiguration) -> String? {
        var plain = vision
        plain.dropPathRate = 0
        plain.patchDropout = 0
        return byName.keys.sorted().first { byName[$0] == plain }
    }
}
