package import Torch

/// An affine map: `x @ weight.T + bias`.
///
/// - Shape: `[..., I]` to `[..., O]`; weight `[O, I]`, bias `[O]`.
/// - Precision: input, product and result have the context's compute dtype, to which the weight is
///   cast. The input is not: what gives it, such as a norm, rounds it once for all that read it.
package struct Linear {
    private let weight: Parameter
    private let bias: Parameter?

    /// Makes `weight` and, unless `biasInitializer` is nil, `bias` under `scope`.
    package init(
        _ inputWidth: Int, _ outputWidth: Int, weightInitializer: Initializer,
        biasInitializer: Initializer? = .zeros, in scope: ParameterScope
    ) {
        weight = scope.parameter(
            "weight", shape: [outputWidth, inputWidth], initializer: weightInitializer,
            isOperand: true)
        bias = biasInitializer.map {
            scope.parameter("bias", shape: [outputWidth], initializer: $0, isOperand: true)
        }
    }

    package func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        let dtype = context.computeDType
        return x.linear(
            weight: weight.value.cast(to: dtype), bias: bias?.value.cast(to: dtype))
    }
}
