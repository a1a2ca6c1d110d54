package import Torch
package import TorchParallel

/// A gated feed-forward: `down(norm(silu(gate(x)) * up(x)))`.
///
/// Shazeer, arXiv 2002.05202; the norm inside (sub-LN) as in EVA-02, arXiv 2303.11331, section 3.
///
/// - Shape: input and output `[B, N, D]`; hidden `[B, N, F]`, F of this rank.
/// - Precision: input and output have the compute dtype.
package struct SwiGLU {
    private let gate: Linear
    private let up: Linear
    private let norm: SplitLayerNorm?
    private let down: Linear
    private let parts: any ProcessGroup

    /// - Parameters:
    ///   - gate: split by its outputs, as `up`.
    ///   - down: split by its inputs.
    ///   - parts: the ranks that share the layer.
    package init(
        gate: Linear, up: Linear, norm: SplitLayerNorm?, down: Linear, parts: any ProcessGroup
    ) {
        self.gate = gate
        self.up = up
        self.norm = norm
        self.down = down
        self.parts = parts
    }

    package func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        let x = readByParts(x, of: parts)
        let hidden = gate(x, context).silu() * up(x, context)  // [B, N, F]
        return down(norm.map { $0(hidden, giving: context.computeDType) } ?? hidden, context)
    }
}
