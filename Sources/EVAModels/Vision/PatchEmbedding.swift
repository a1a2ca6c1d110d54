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
            "weight", shape: [width, 3, patchSize, patchSize], initializer: initializer,
            isOperand: true)
        bias = scope.parameter("bias", shape: [width], initializer: initializer, isOperand: true)
        self.patchSize = patchSize
    }

    func callAsFunction(_ images: Tensor, _ context: ForwardContext) -> Tensor {
        // A convolution whose stride is its kernel is a product over patches laid out flat.
        let shape = images.shape
        let side = shape[2] / patchSize
        let patches = images.cast(to: context.computeDType)
            .reshaped([shape[0], shape[1], side, patchSize, side, patchSize])
            .permuted([0, 2, 4, 1, 3, 5])  // [B, row, column, 3, P, P]
            .reshaped([shape[0], side * side, shape[1] * patchSize * patchSize])
        return patches.linear(
            weight: weight.value.flattened(from: 1).cast(to: context.computeDType),
            bias: bias.value.cast(to: context.computeDType))  // [B, N, D]
    }
}
