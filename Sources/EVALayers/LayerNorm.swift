package import Torch

/// Layer normalisation over the last dimension (Ba et al., arXiv 1607.06450).
///
/// - Shape: input and output `[..., D]`.
/// - Precision: computed in fp32, whatever the input, and rounded once to the dtype that is asked
///   for: the compute dtype for what matrix products read, fp32 for what joins the residual stream.
package struct LayerNorm {
    private let weight: Parameter
    private let bias: Parameter
    private let epsilon: Double

    package init(_ width: Int, epsilon: Double, in scope: ParameterScope) {
        weight = scope.parameter("weight", shape: [width], initializer: .ones)
        bias = scope.parameter("bias", shape: [width], initializer: .zeros)
        self.epsilon = epsilon
    }

    package func callAsFunction(_ x: Tensor, giving dtype: DType) -> Tensor {
        x.layerNorm(weight: weight.value, bias: bias.value, epsilon: epsilon, giving: dtype)
    }
}
