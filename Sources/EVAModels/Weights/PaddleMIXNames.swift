/// The keys of PaddleMIX's weights: ours, with matrices of linear layers as `[in, out]`.
enum PaddleMIXNames {
    static func stored(_ name: String, shape: [Int]) -> StoredTensor {
        StoredTensor(
            name: name, parameters: [name],
            isTransposed: shape.count == 2 && !isKeptAsIs(name),
            shape: name.hasPrefix("logit_") ? [1] : nil)
    }

    private static func isKeptAsIs(_ name: String) -> Bool {
        [
            "text.text_projection", "text.positional_embedding", "text.token_embedding.weight",
        ].contains(name)
    }
}
