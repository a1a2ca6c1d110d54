package import Torch

/// Layer normalisation over the last dimension (Ba et al., arXiv 1607.06450).
///
/// - Shape: input and output `[..., D]`.
/// - Precision: computed in fp32, whatever the input; the result is fp32.
package struct LayerNorm {
    private let weight: Parameter
    private let bias: Parameter
    private let epsilon: Double

    package init(_ width: Int, epsilon: Double, in scope: ParameterScope) {
        weight = scope.parameter("weight", shape: [width], initializer: .ones)
        bias = scope.parameter("bias", shape: [width], initializer: .zeros)
        self.epsilon = epsilon
    }

    package func callAsFunction(_ x: Tensor) -> Tensor {
        x.cast(to: .float32).layerNorm(weight: weight.value, bias: bias.value, epsilon: epsilon)
    }
}
