package import EVAConfiguration
package import EVALayers
package import Torch

/// One half of a block: a function of the residual stream, normalised, dropped and added to it.
///
/// - Shape: `[B, N, D]`.
/// - Precision: the stream is fp32; the function reads and gives the compute dtype.
package struct ResidualBranch {
    private let norm: LayerNorm
    private let placement: VisionConfiguration.NormPlacement
    private let dropPath: DropPath?

    package init(
        norm: LayerNorm, placement: VisionConfiguration.NormPlacement, dropPath: DropPath? = nil
    ) {
        self.norm = norm
        self.placement = placement
        self.dropPath = dropPath
    }

    /// `x + body(norm(x))`, or `x + norm(body(x))` where the norm comes after.
    package func callAsFunction(
        _ x: Tensor, _ context: ForwardContext, _ body: (Tensor) -> Tensor
    ) -> Tensor {
        let branch =
            switch placement {
            case .pre: body(norm(x, giving: context.computeDType))
            case .post: norm(body(x.cast(to: context.computeDType)), giving: .float32)
            }
        return x + (dropPath.map { $0(branch, context) } ?? branch)
    }
}
