package import Torch

/// Multi-head self-attention with separate projections.
///
/// - Shape: input and output `[B, N, D]`; H heads of width E = D / H.
/// - Precision: input, projections, products and output in the compute dtype, softmax statistics in
///   fp32.
package struct Attention {
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear
    /// Normalises the heads' joined output before the last projection (EVA-02's sub-LN).
    private let innerNorm: LayerNorm?
    private let headCount: Int
    private let isCausal: Bool

    package init(
        query: Linear, key: Linear, value: Linear, output: Linear, innerNorm: LayerNorm?,
        headCount: Int, isCausal: Bool
    ) {
        self.query = query
        self.key = key
        self.value = value
        self.output = output
        self.innerNorm = innerNorm
        self.headCount = headCount
        self.isCausal = isCausal
    }

    /// Attends; `rotation` turns queries and keys by their positions.
    package func callAsFunction(
        _ x: Tensor, rotation: RotaryEmbedding.Rotation? = nil, _ context: ForwardContext
    ) -> Tensor {
        var q = heads(query(x, context))  // [B, N, H, E]
        var k = heads(key(x, context))
        let v = heads(value(x, context))
        if let rotation {
            q = rotation(q)
            k = rotation(k)
        }
        let mixed = Tensor.attention(
            q.transposed(1, 2), k.transposed(1, 2), v.transposed(1, 2), isCausal: isCausal
        )  // [B, H, N, E]
        let joined = mixed.transposed(1, 2).flattened(from: 2)  // [B, N, D]
        return output(
            innerNorm.map { $0(joined, giving: context.computeDType) } ?? joined, context)
    }

    private func heads(_ x: Tensor) -> Tensor {
        let shape = x.shape
        return x.reshaped([shape[0], shape[1], headCount, shape[2] / headCount])
    }
}
