package import Torch

/// A gated feed-forward: `down(norm(silu(gate(x)) * up(x)))`.
///
/// Shazeer, arXiv 2002.05202; the norm inside (sub-LN) as in EVA-02, arXiv 2303.11331, section 3.
///
/// - Shape: input and output `[B, N, D]`; hidden `[B, N, F]`.
/// - Precision: input and output have the compute dtype.
package struct SwiGLU {
    private let gate: Linear
    private let up: Linear
    private let norm: LayerNorm?
    private let down: Linear

    package init(gate: Linear, up: Linear, norm: LayerNorm?, down: Linear) {
        self.gate = gate
        self.up = up
        self.norm = norm
        self.down = down
    }

    package func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        let hidden = gate(x, context).silu() * up(x, context)  // [B, N, F]
        return down(norm.map { $0(hidden, giving: context.computeDType) } ?? hidden, context)
    }
}
