import EVALayers
import Torch

/// Cuts images into patches and maps each to a token; rows first, then columns.
///
/// - Shape: `[B, 3, S, S]` to `[B, N, D]`, N = (S / P)^2.
/// - Precision: the product in the compute dtype.
struct PatchEmbedding {
    private let weight: Parameter
    private let bias: Parameter
    private let patchSize: Int

    init(width: Int, patchSize: Int, in scope: ParameterScope) {
        // PyTorch's default of a convolution, which the original leaves as it is.
        let initializer = Initializer.uniform(
            bound: 1 / Double(3 * patchSize * patchSize).squareRoot())
        let scope = scope["proj"]
        weight = scope.parameter(
            "weight", shape: [width, 3, patchSize, patchSize], initializer: initializer)
        bias = scope.parameter("bias", shape: [width], initializer: initializer)
        self.patchSize = patchSize
    }

    func callAsFunction(_ images: Tensor, _ context: ForwardContext) -> Tensor {
        let dtype = context.computeDType
        let grid = images.cast(to: dtype).patchConvolution(
            weight: weight.value.cast(to: dtype), bias: bias.value.cast(to: dtype),
            patchSize: patchSize)  // [B, D, S/P, S/P]
        return grid.flattened(from: 2).transposed(1, 2)  // [B, N, D]
    }
}
