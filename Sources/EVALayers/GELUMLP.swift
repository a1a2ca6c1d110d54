package import Torch

/// A feed-forward of two layers: `down(gelu(up(x)))`, with the exact (erf) GELU.
///
/// - Shape: input and output `[B, N, D]`; hidden `[B, N, F]`.
/// - Precision: input and output have the compute dtype.
package struct GELUMLP {
    private let up: Linear
    private let down: Linear

    package init(up: Linear, down: Linear) {
        self.up = up
        self.down = down
    }

    package func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        down(up(x, context).gelu(), context)
    }
}
