/// The keys of baaivision's PyTorch weights.
///
/// EVA-02-B and L keep q, k and v apart with their biases beside them; EVA-01-g and EVA-02-E fuse
/// them, as the text tower always does.
enum ReiNames {
    static func stored(_ name: String, hasSplitQKV: Bool) -> StoredTensor {
        StoredTensor(name: key(name, hasSplitQKV: hasSplitQKV), parameters: [name])
    }

    private static func key(_ name: String, hasSplitQKV: Bool) -> String {
        name.hasPrefix("visual.")
            ? visionKey(name, hasSplitQKV: hasSplitQKV) : FusedAttentionNames.textKey(name)
    }

    private static func visionKey(_ name: String, hasSplitQKV: Bool) -> String {
        if let fused = FusedAttentionNames.visionKey(name), !hasSplitQKV { return fused }
        return FusedAttentionNames.separateBiasKey(name) ?? name
    }
}
