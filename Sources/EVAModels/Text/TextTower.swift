package import EVAConfiguration
package import EVALayers
package import Torch

/// The text transformer of CLIP (Radford et al., arXiv 2103.00020).
///
/// Shapes: B = texts, L = tokens in the longest, D = width, C = width of the joint embedding.
package struct TextTower {
    private let tokens: TokenEmbedding
    private let positions: Parameter
    private let blocks: [TextBlock]
    private let norm: LayerNorm
    private let projection: Parameter

    /// Makes the tower's parameters under `scope`.
    package init(_ configuration: TextConfiguration, embedWidth: Int, in scope: ParameterScope) {
        let width = configuration.width
        let embeddings = scope.unit("embeddings")
        let end = scope.unit("head")
        projection = end.parameter(
            "text_projection", shape: [width, embedWidth],
            initializer: .normal(standardDeviation: 1 / Double(width).squareRoot()),
            isOperand: true)
        positions = embeddings.parameter(
            "positional_embedding", shape: [configuration.contextLength, width],
            initializer: .normal(standardDeviation: 0.01))
        tokens = TokenEmbedding(
            vocabularySize: configuration.vocabularySize, width: width,
            initializer: .normal(standardDeviation: 0.02), in: embeddings["token_embedding"])
        blocks = (0..<configuration.layerCount).map { index in
            TextBlock(configuration, in: scope["transformer"]["resblocks"][index].asUnit)
        }
        norm = LayerNorm(width, epsilon: configuration.layerNormEpsilon, in: end["ln_final"])
    }

    /// Features of texts, not normalised.
    ///
    /// The mask is causal and the feature is read at the end-of-text token, so what comes after
    /// the longest text's end may be cut off without changing the result.
    ///
    /// - Parameter ids: token ids `[B, L]`, L at most the context length; the end-of-text token is
    ///   the largest id of the vocabulary.
    /// - Returns: `[B, C]` in fp32.
    package func callAsFunction(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        let shape = ids.shape
        var x =
            tokens(ids)
            + positions.value.sliced(0..<shape[1], dimension: 0)  // [B, L, D]
        for block in blocks {
            x = block.boundary(x) { x in
                guard context.recomputesActivations else { return block(x, context) }
                return recomputed(x, parameters: block.parameters) { block($0, context) }
            }
        }
        let ends = ids.argmax(dimension: 1)  // [B]; the first of equal ones
        let ended = x.selectingTokens(ends.unsqueezed(1)).flattened(from: 1)  // [B, D]
        let dtype = context.computeDType
        return norm(ended, giving: dtype)
            .linear(weight: projection.value.cast(to: dtype).transposed(0, 1), bias: nil)
            .cast(to: .float32)
    }
}
