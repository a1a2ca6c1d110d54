/// The keys of PaddleMIX's weights: ours, with matrices of linear layers as `[in, out]`.
enum PaddleMIXNames {
    /// - Parameter fusesQueryValue: whether the vision tower keeps queries and values in one matrix,
    ///   which its `fuse_qv` does.
    static func stored(_ name: String, shape: [Int], fusesQueryValue: Bool) -> StoredTensor {
        StoredTensor(
            name: fusesQueryValue ? fused(name) : name, parameters: [name],
            isTransposed: shape.count == 2 && !isKeptAsIs(name),
            shape: name.hasPrefix("logit_") ? [1] : nil)
    }

    private static func fused(_ name: String) -> String {
        guard name.hasPrefix("visual.") else { return name }
        return name.replacing(".attn.q_proj.", with: ".attn.qv_proj.")
            .replacing(".attn.v_proj.", with: ".attn.qv_proj.")
    }

    private static func isKeptAsIs(_ name: String) -> Bool {
        [
            "text.text_projection", "text.positional_embedding", "text.token_embedding.weight",
        ].contains(name)
    }
}
