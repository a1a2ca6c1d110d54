/// The names under which the same weights are published.
package enum WeightNaming: String, Sendable, CaseIterable {
    /// The original PyTorch program, `EVA-CLIP/rei` of baaivision.
    case rei
    /// open_clip, whose vision tower is timm's.
    case openCLIP = "open_clip"
    /// PaddleMIX: projections always split, matrices as `[in, out]`.
    case paddleMIX = "paddlemix"

    /// How the parameters with these names lie in a file of this naming, in their order.
    ///
    /// - Parameters:
    ///   - parameters: all parameters of a model.
    ///   - fusesQueryValue: whether a PaddleMIX file was written with `fuse_qv`.
    package func layout(
        of parameters: [(name: String, shape: [Int])], fusesQueryValue: Bool = false
    ) -> [StoredTensor] {
        // Models with norms inside attention keep q, k and v apart; the others fuse them.
        let hasSplitQKV = parameters.contains { $0.name.hasSuffix("attn.inner_attn_ln.weight") }
        var layout: [StoredTensor] = []
        var places: [String: Int] = [:]
        for parameter in parameters {
            let stored =
                switch self {
                case .rei:
                    ReiNames.stored(parameter.name, hasSplitQKV: hasSplitQKV)
                case .openCLIP:
                    OpenCLIPNames.stored(parameter.name, hasSplitQKV: hasSplitQKV)
                case .paddleMIX:
                    PaddleMIXNames.stored(
                        parameter.name, shape: parameter.shape, fusesQueryValue: fusesQueryValue)
                }
            if let place = places[stored.name] {
                layout[place].parameters += stored.parameters
            } else {
                places[stored.name] = layout.count
                layout.append(stored)
            }
        }
        return layout
    }

    /// The naming of a file that holds these keys, nil where none fits.
    package init?(detectedFrom keys: some Sequence<String>) {
        var detected: WeightNaming?
        for key in keys {
            if key.hasPrefix("visual.trunk.") {
                self = .openCLIP
                return
            }
            if key.hasPrefix("text.") && key.hasSuffix("attn.in_proj_weight") { detected = .rei }
            if key.hasPrefix("text.") && key.hasSuffix("attn.q_proj.weight") {
                detected = .paddleMIX
            }
        }
        guard let detected else { return nil }
        self = detected
    }

    /// Whether `key` is a table that the program computes itself and a file may still hold.
    package static func isDerivedTable(_ key: String) -> Bool {
        key.hasSuffix("rope.freqs_cos") || key.hasSuffix("rope.freqs_sin")
            || key == "text.attn_mask" || key.hasSuffix("relative_position_index")
    }
}
