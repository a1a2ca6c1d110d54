package import EVAConfiguration
package import EVALayers
package import Torch

/// The vision transformer of EVA-CLIP (Sun et al., arXiv 2303.15389).
///
/// Shapes: B = images, S = image side in pixels, N = patches, D = width, C = width of the joint
/// embedding.
package struct VisionTower {
    private let patchEmbedding: PatchEmbedding
    private let classToken: Parameter
    private let positions: Parameter
    private let rope: RotaryEmbedding?
    private let patchDropout: PatchDropout?
    private let blocks: [VisionBlock]
    private let pooling: VisionPooling
    private let head: Linear

    /// Makes the tower's parameters under `scope`.
    package init(_ configuration: VisionConfiguration, embedWidth: Int, in scope: ParameterScope) {
        let width = configuration.width
        let initializer = Initializer.truncatedNormal(standardDeviation: 0.02)
        let embeddings = scope.unit("embeddings")
        classToken = embeddings.parameter(
            "cls_token", shape: [1, 1, width], initializer: initializer)
        positions = embeddings.parameter(
            "pos_embed", shape: [1, configuration.patchCount + 1, width], initializer: initializer)
        patchEmbedding = PatchEmbedding(
            width: width, patchSize: configuration.patchSize, in: embeddings["patch_embed"])
        rope = configuration.rope.map { rope in
            RotaryEmbedding(
                gridSize: configuration.gridSize, headWidth: width / configuration.headCount,
                positions: rope.positions(gridSize: configuration.gridSize), device: scope.device)
        }
        patchDropout =
            configuration.patchDropout > 0
            ? PatchDropout(probability: configuration.patchDropout, in: scope) : nil
        blocks = (0..<configuration.layerCount).map { index in
            VisionBlock(configuration, index: index, in: scope["blocks"][index].asUnit)
        }
        let end = scope.unit("head")
        pooling = VisionPooling(configuration, in: end)
        // Drawn small, so that training begins with nearly equal logits.
        head = Linear(
            width, embedWidth,
            weightInitializer: .truncatedNormal(standardDeviation: 0.02 * 0.001),
            in: end["head"])
    }

    /// Features of images, not normalised.
    ///
    /// - Parameters:
    ///   - images: `[B, 3, S, S]`, normalised by the model's mean and standard deviation.
    ///   - keptPatches: numbers of the patches to keep, `[B, K]`; drawn by the context where nil
    ///     and the model drops patches in training.
    /// - Returns: `[B, C]` in fp32.
    package func callAsFunction(
        _ images: Tensor, keptPatches: Tensor? = nil, _ context: ForwardContext
    ) -> Tensor {
        let patches = patchEmbedding(images, context)  // [B, N, D]
        let classTokens = classToken.value.expanded([patches.shape[0], -1, -1])
        var x =
            Tensor.concatenated([classTokens, patches.cast(to: .float32)], dimension: 1)
            + positions.value  // [B, 1 + N, D]
        var rotation = rope?.all()
        let kept =
            keptPatches.map(PatchDropout.tokens(keepingPatches:))
            ?? patchDropout?.keptTokens(of: x, context)
        if let kept {
            x = x.selectingTokens(kept)  // [B, 1 + K, D]
            rotation = rope?.kept(kept)
        }
        for block in blocks {
            x = block.boundary(x) { x in
                guard context.recomputesActivations else {
                    return block(x, rotation: rotation, context)
                }
                return recomputed(x, parameters: block.parameters) {
                    block($0, rotation: rotation, context)
                }
            }
        }
        return head(pooling(x, context), context).cast(to: .float32)
    }
}

extension RopeConfiguration {
    /// Where each row, and each column, of a grid stands: stretched to the pretraining's side, or
    /// as numbered.
    fileprivate func positions(gridSize: Int) -> [Double] {
        (0..<gridSize).map { index in
            interpolatesFrequencies
                ? Double(index) / Double(gridSize) * Double(pretrainedGridSize) : Double(index)
        }
    }
}
