/// The keys that PyTorch's programs give to projections which they hold in one matrix.
enum FusedAttentionNames {
    /// `attn.q_proj.weight` and its siblings become `attn.qkv.weight`.
    static func visionKey(_ name: String) -> String? {
        for letter in ["q", "k", "v"] where name.hasSuffix(".attn.\(letter)_proj.weight") {
            return name.dropLast("\(letter)_proj.weight".count) + "qkv.weight"
        }
        return nil
    }

    /// `attn.q_proj.bias` becomes `attn.q_bias`; the key has no bias.
    static func separateBiasKey(_ name: String) -> String? {
        for letter in ["q", "v"] where name.hasSuffix(".attn.\(letter)_proj.bias") {
            return name.dropLast("\(letter)_proj.bias".count) + "\(letter)_bias"
        }
        return nil
    }

    /// The text tower's `attn.q_proj.weight` and its siblings become `attn.in_proj_weight`.
    static func textKey(_ name: String) -> String {
        for kind in ["weight", "bias"] {
            for letter in ["q", "k", "v"] where name.hasSuffix(".attn.\(letter)_proj.\(kind)") {
                return name.dropLast("\(letter)_proj.\(kind)".count) + "in_proj_\(kind)"
            }
        }
        return name
    }
}
