internal import EVATensorFiles

/// The names that Paddle itself gives to the parameters of PaddleMIX's EVA-CLIP model.
///
/// Paddle counts the layers of each kind as they are made, across the whole program. In a program
/// that makes one model, the numbers are these. Its optimizer files are keyed on them.
enum PaddleParameterNames {
    /// Paddle's name for each key, in PaddleMIX's naming.
    static func table(for entries: [TensorEntry]) -> [String: String] {
        var counts: [String: Int] = [:]
        var table: [String: String] = [:]
        var layer = ""
        var layerName = ""
        for entry in entries {
            if let name = lone[entry.name] {
                table[entry.name] = name
                continue
            }
            guard let dot = entry.name.lastIndex(of: ".") else { continue }
            let path = String(entry.name[..<dot])
            if path != layer {
                layer = path
                let kind = kind(of: entry)
                layerName = "\(kind)_\(counts[kind, default: 0])"
                counts[kind, default: 0] += 1
            }
            table[entry.name] = layerName + (entry.name.hasSuffix(".bias") ? ".b_0" : ".w_0")
        }
        return table
    }

    /// Parameters that belong to no layer.
    private static let lone = [
        "logit_scale": "evaclip_0.w_0",
        "visual.cls_token": "eva_vision_transformer_0.w_0",
        "visual.pos_embed": "eva_vision_transformer_0.w_1",
        "text.text_projection": "text_transformer_0.w_0",
        "text.positional_embedding": "text_transformer_0.w_1",
        "text.token_embedding.weight": "embedding_0.w_0",
    ]

    private static func kind(of weight: TensorEntry) -> String {
        switch weight.shape.count {
        case 4: "conv2d"
        case 2: "linear"
        default: "layer_norm"
        }
    }
}
