internal import Torch

/// How a parameter is drawn before training.
package enum Initializer: Sendable, Equatable {
    case zeros
    case ones
    case constant(Double)
    /// Normal around zero.
    case normal(standardDeviation: Double)
    /// Normal around zero with draws outside `-2...2` clamped (timm's `trunc_normal_` at these
    /// standard deviations).
    case truncatedNormal(standardDeviation: Double)
    /// Uniform on `-bound..<bound`.
    case uniform(bound: Double)

    /// Overwrites `tensor`, a CPU tensor, with a draw from `source`.
    func fill(_ tensor: Tensor, from source: RandomSource) {
        switch self {
        case .zeros: tensor.fill(0)
        case .ones: tensor.fill(1)
        case .constant(let value): tensor.fill(value)
        case .normal(let deviation):
            tensor.fillNormal(standardDeviation: deviation, from: source)
        case .truncatedNormal(let deviation):
            tensor.fillNormal(standardDeviation: deviation, from: source)
            tensor.clamp(inPlace: -2...2)
        case .uniform(let bound): tensor.fillUniform(-bound..<bound, from: source)
        }
    }
}
