package import Torch
internal import TorchParallel

/// An affine map: `x @ weight.T + bias`.
///
/// - Shape: `[..., I]` to `[..., O]`; weight `[O, I]`, bias `[O]`.
/// - Precision: input, product and result have the context's compute dtype, to which the weight is
///   cast. The input is not: what gives it, such as a norm, rounds it once for all that read it.
///   Where ranks hold parts of the inputs, their results and the bias are summed in fp32 and rounded
///   once more.
package struct Linear {
    /// What each of the ranks that share the layer has a part of.
    package enum Side {
        /// The input is whole, and each rank gives a part of the output.
        case outputs
        /// Each rank reads a part of the input, and the output is whole.
        case inputs
    }

    private let weight: Parameter
    private let bias: Parameter?
    /// The ranks whose results are summed; nil where each gives its own.
    private let summed: (any ProcessGroup)?

    /// Makes `weight` and, unless `biasInitializer` is nil, `bias` under `scope`.
    ///
    /// - Parameters:
    ///   - inputWidth: the width of the whole input.
    ///   - outputWidth: the width of the whole output.
    ///   - side: what is split over the ranks that share the layer; nil where each has all of it.
    package init(
        _ inputWidth: Int, _ outputWidth: Int, split side: Side? = nil,
        weightInitializer: Initializer, biasInitializer: Initializer? = .zeros,
        in scope: ParameterScope
    ) {
        weight = scope.parameter(
            "weight", shape: [outputWidth, inputWidth],
            splitDimension: side.map { $0 == .outputs ? 0 : 1 }, initializer: weightInitializer,
            isOperand: true)
        bias = biasInitializer.map {
            scope.parameter(
                "bias", shape: [outputWidth], splitDimension: side == .outputs ? 0 : nil,
                initializer: $0, isOperand: true)
        }
        summed = side == .inputs && scope.layerParts.size > 1 ? scope.layerParts : nil
    }

    package func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        let dtype = context.computeDType
        let (weight, bias) = (weight.value.cast(to: dtype), bias?.value.cast(to: dtype))
        guard let summed else { return x.linear(weight: weight, bias: bias) }
        // The bias is added once, to the sum.
        let sum = sumOfParts(x.linear(weight: weight, bias: nil), of: summed)
        return (bias.map { sum + $0.cast(to: .float32) } ?? sum).cast(to: dtype)
    }
}
