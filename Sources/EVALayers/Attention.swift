package import Torch
package import TorchParallel

/// Multi-head self-attention with separate projections.
///
/// Ranks that share the layer have a part of the heads each.
///
/// - Shape: input and output `[B, N, D]`; H heads of width E on this rank, D = H E in one process.
/// - Precision: input, projections, products and output in the compute dtype, softmax statistics in
///   fp32.
package struct Attention {
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear
    /// Normalises the heads' joined output before the last projection (EVA-02's sub-LN).
    private let innerNorm: SplitLayerNorm?
    private let headCount: Int
    private let isCausal: Bool
    private let parts: any ProcessGroup

    /// - Parameters:
    ///   - query: split by its outputs, as `key` and `value`.
    ///   - output: split by its inputs.
    ///   - headCount: the heads of all ranks.
    ///   - parts: the ranks that share the layer.
    package init(
        query: Linear, key: Linear, value: Linear, output: Linear, innerNorm: SplitLayerNorm?,
        headCount: Int, isCausal: Bool, parts: any ProcessGroup
    ) {
        self.query = query
        self.key = key
        self.value = value
        self.output = output
        self.innerNorm = innerNorm
        self.headCount = headCount / parts.size
        self.isCausal = isCausal
        self.parts = parts
    }

    /// Attends; `rotation` turns queries and keys by their positions.
    package func callAsFunction(
        _ x: Tensor, rotation: RotaryEmbedding.Rotation? = nil, _ context: ForwardContext
    ) -> Tensor {
        let x = readByParts(x, of: parts)
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
        let joined = mixed.transposed(1, 2).flattened(from: 2)  // [B, N, H * E]
        return output(
            innerNorm.map { $0(joined, giving: context.computeDType) } ?? joined, context)
    }

    private func heads(_ x: Tensor) -> Tensor {
        let shape = x.shape
        return x.reshaped([shape[0], shape[1], headCount, shape[2] / headCount])
    }
}
