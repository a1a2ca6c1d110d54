package import Torch

/// What a forward pass needs besides its inputs; there is no global mode.
package struct ForwardContext {
    /// The dtype of matrix products and attention; norms, softmax and loss stay in fp32.
    package let computeDType: DType
    /// Where dropped patches and paths are drawn from; nil outside training.
    package let random: RandomSource?
    /// Whether blocks forget their activations and compute them again in backward.
    package let recomputesActivations: Bool

    /// A pass without randomness, for evaluation.
    package static func evaluation(computeDType: DType = .float32) -> ForwardContext {
        ForwardContext(computeDType: computeDType, random: nil, recomputesActivations: false)
    }

    /// A pass of training.
    package static func training(
        computeDType: DType = .float32, random: RandomSource, recomputesActivations: Bool = false
    ) -> ForwardContext {
        ForwardContext(
            computeDType: computeDType, random: random,
            recomputesActivations: recomputesActivations)
    }

    private init(computeDType: DType, random: RandomSource?, recomputesActivations: Bool) {
        self.computeDType = computeDType
        self.random = random
        self.recomputesActivations = recomputesActivations
    }
}
