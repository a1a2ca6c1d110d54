internal import Foundation

/// The keys of open_clip's weights, whose vision tower is timm's `Eva`.
enum OpenCLIPNames {
    static func stored(_ name: String, hasSplitQKV: Bool) -> StoredTensor {
        StoredTensor(name: key(name, hasSplitQKV: hasSplitQKV), parameters: [name])
    }

    /// timm's words for parts of a block.
    private static let parts = [
        (".attn.inner_attn_ln.", ".attn.norm."),
        (".mlp.ffn_ln.", ".mlp.norm."),
        (".mlp.w1.", ".mlp.fc1_g."),
        (".mlp.w2.", ".mlp.fc1_x."),
        (".mlp.w3.", ".mlp.fc2."),
    ]

    private static func key(_ name: String, hasSplitQKV: Bool) -> String {
        guard name.hasPrefix("visual.") else { return FusedAttentionNames.textKey(name) }
        var key = name
        if !hasSplitQKV {
            key =
                FusedAttentionNames.visionKey(key) ?? FusedAttentionNames.separateBiasKey(key)
                ?? key
        }
        for (ours, theirs) in parts {
            if let range = key.range(of: ours) { key.replaceSubrange(range, with: theirs) }
        }
        return "visual.trunk." + key.dropFirst("visual.".count)
    }
}
