import EVAConfiguration
import EVALayers
import Torch

/// One vector for an image out of its tokens.
///
/// - Shape: `[B, N, D]` to `[B, D]`.
/// - Precision: fp32 to the compute dtype.
enum VisionPooling {
    /// The class token after a norm.
    case classToken(LayerNorm)
    /// A norm of the mean over all tokens, the class token among them.
    case mean(LayerNorm)

    init(_ configuration: VisionConfiguration, in scope: ParameterScope) {
        let width = configuration.width
        let epsilon = configuration.layerNormEpsilon
        switch configuration.pooling {
        case .classToken:
            self = .classToken(LayerNorm(width, epsilon: epsilon, in: scope["norm"]))
        case .mean:
            self = .mean(LayerNorm(width, epsilon: epsilon, in: scope["fc_norm"]))
        }
    }

    func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        let dtype = context.computeDType
        return switch self {
        // The norm works on each token alone, so only the one that is used is normalised.
        case .classToken(let norm): norm(x.selected(0, dimension: 1), giving: dtype)
        case .mean(let norm): norm(x.mean(dimension: 1), giving: dtype)
        }
    }
}
