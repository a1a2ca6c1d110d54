package import EVAConfiguration
package import EVATensorFiles

/// The network that a file of weights belongs to, as far as names and shapes of its tensors tell.
///
/// They tell all sizes, but not how many heads share a width, whether positions rotate, or whether
/// norms stand before or after what they normalise. These are taken from the one model known by
/// name that has the same sizes.
package struct DetectedArchitecture {
    private let file: WeightFile
    private let shapes: [String: [Int]]
    private let visionPrefix: String

    /// The network of a file of weights.
    ///
    /// - Throws: `WeightsError` when the tensors are not those of an EVA-CLIP model, or of none that
    ///   is known by name.
    package static func configuration(of container: any TensorContainer) throws(WeightsError)
        -> ModelConfiguration
    {
        let file = try WeightFile(container)
        let detected = DetectedArchitecture(file)
        let sizes = try detected.sizes()
        let named = ModelPreset.all.map { preset in
            var configuration = preset.configuration
            // Another grid of the same network: positions that somebody resized.
            configuration.vision.imageSize = sizes.vision.imageSize
            configuration.initialLogitBias = sizes.initialLogitBias
            return configuration
        }
        let fitting = named.filter { plain($0) == sizes }
        guard let first = fitting.first, fitting.allSatisfy({ $0 == first }) else {
            throw WeightsError(
                "\(file.path): its tensors are those of no model known by name: "
                    + "\(summary(sizes)); they do not tell the heads of the towers (head_width, "
                    + "heads), rotary positions (rope, pt_hw_seq_len, intp_freq), or where norms "
                    + "stand (postnorm): give the model's JSON with --config FILE")
        }
        return first
    }

    private init(_ file: WeightFile) {
        self.file = file
        shapes = Dictionary(
            file.entries.map { ($0.key, $0.shape) }, uniquingKeysWith: { first, _ in first })
        visionPrefix = file.naming == .openCLIP ? "visual.trunk." : "visual."
    }

    /// A configuration of which only the sizes that shapes tell are left.
    private static func plain(_ configuration: ModelConfiguration) -> ModelConfiguration {
        var plain = configuration
        plain.vision.headWidth = 1
        plain.vision.rope = nil
        plain.vision.normPlacement = .pre
        plain.vision.dropPathRate = 0
        plain.text.headCount = 1
        return plain
    }

    /// The network with one head in each tower, no rotary positions and norms that come first.
    private func sizes() throws(WeightsError) -> ModelConfiguration {
        let positions = try shape(visionPrefix + "pos_embed", rank: 3)
        let patches = try shape(visionPrefix + "patch_embed.proj.weight", rank: 4)
        guard let gridSize = GridResizing.gridSide(ofTokens: positions[1]) else {
            throw WeightsError(
                "\(file.path): \(visionPrefix)pos_embed: \(positions[1]) positions are no square "
                    + "grid behind a class token")
        }
        let block = visionPrefix + "blocks.0."
        let gate = [block + "mlp.w1.bias", block + "mlp.fc1_g.bias"].first { shapes[$0] != nil }
        let hasSubNorm = ["inner_attn_ln", "norm"].contains { has(block + "attn.\($0).weight") }
        let hasBias = ["q_bias", "q_proj.bias", "qv_proj.bias"].contains {
            has(block + "attn.\($0)")
        }
        let texts = try shape("text.positional_embedding", rank: 2)
        return ModelConfiguration(
            embedWidth: try shape(visionPrefix + "head.bias", rank: 1)[0],
            vision: VisionConfiguration(
                imageSize: gridSize * patches[2], patchSize: patches[2], width: positions[2],
                layerCount: blockCount(visionPrefix + "blocks."), headWidth: 1,
                mlpWidth: try shape(gate ?? block + "mlp.fc1.bias", rank: 1)[0],
                mlpKind: gate == nil ? .gelu : .swiGLU, usesSubLayerNorm: hasSubNorm,
                qkvBias: hasBias,
                pooling: has(visionPrefix + "fc_norm.weight") ? .mean : .classToken),
            text: TextConfiguration(
                contextLength: texts[0],
                vocabularySize: try shape("text.token_embedding.weight", rank: 2)[0],
                width: texts[1], headCount: 1,
                layerCount: blockCount("text.transformer.resblocks."),
                mlpWidth: try shape("text.transformer.resblocks.0.mlp.c_fc.bias", rank: 1)[0]),
            initialLogitBias: has("logit_bias") ? CLIP.usualLogitBias : nil)
    }

    private func has(_ key: String) -> Bool { shapes[key] != nil }

    private func shape(_ key: String, rank: Int) throws(WeightsError) -> [Int] {
        guard let shape = shapes[key] else {
            throw WeightsError("\(file.path): holds no '\(key)', which every EVA-CLIP model has")
        }
        guard shape.count == rank, shape.allSatisfy({ $0 > 0 }) else {
            throw WeightsError(
                "\(file.path): \(key): expected \(rank) dimensions, got shape \(shape)")
        }
        return shape
    }

    /// One more than the highest number that follows a prefix.
    private func blockCount(_ prefix: String) -> Int {
        let numbers = shapes.keys.compactMap { key in
            key.hasPrefix(prefix)
                ? Int(key.dropFirst(prefix.count).prefix { $0 != "." }) : nil
        }
        return (numbers.max() ?? -1).addingReportingOverflow(1).partialValue
    }

    private static func summary(_ sizes: ModelConfiguration) -> String {
        let (vision, text) = (sizes.vision, sizes.text)
        let kind = vision.mlpKind == .swiGLU ? "SwiGLU" : "GELU"
        return "embed_dim \(sizes.embedWidth); vision of \(vision.layerCount) layers, width "
            + "\(vision.width), \(kind) \(vision.mlpWidth)"
            + (vision.usesSubLayerNorm ? ", subln" : "")
            + ", image_size \(vision.imageSize), patch_size \(vision.patchSize); text of "
            + "\(text.layerCount) layers, width \(text.width), context_length "
            + "\(text.contextLength), vocab_size \(text.vocabularySize)"
    }
}
