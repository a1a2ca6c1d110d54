package import Torch
package import TorchParallel

/// A feed-forward of two layers: `down(gelu(up(x)))`, with the exact (erf) GELU.
///
/// - Shape: input and output `[B, N, D]`; hidden `[B, N, F]`, F of this rank.
/// - Precision: input and output have the compute dtype.
package struct GELUMLP {
    private let up: Linear
    private let down: Linear
    private let parts: any ProcessGroup

    /// - Parameters:
    ///   - up: split by its outputs.
    ///   - down: split by its inputs.
    ///   - parts: the ranks that share the layer.
    package init(up: Linear, down: Linear, parts: any ProcessGroup) {
        self.up = up
        self.down = down
        self.parts = parts
    }

    package func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        down(up(readByParts(x, of: parts), context).gelu(), context)
    }
}
