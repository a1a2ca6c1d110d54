package import Torch

/// What a forward pass needs besides its inputs; there is no global mode.
package struct ForwardContext {
    /// The dtype of matrix products and attention; norms, softmax and loss stay in fp32.
    package let computeDType: DType
    /// Where dropped patches and paths are drawn from; nil outside training.
    private let random: RandomSource?
    /// What the pass holds of the batch that is drawn for; nil for all of it.
    private let part: BatchPart?
    /// Whether blocks forget their activations and compute them again in backward.
    package let recomputesActivations: Bool

    /// A pass without randomness, for evaluation.
    package static func evaluation(computeDType: DType = .float32) -> ForwardContext {
        ForwardContext(
            computeDType: computeDType, random: nil, part: nil, recomputesActivations: false)
    }

    /// A pass of training.
    ///
    /// - Parameter part: what the pass holds of a batch that goes through in parts; each sample
    ///   then draws what it would draw in the whole.
    package static func training(
        computeDType: DType = .float32, random: RandomSource, part: BatchPart? = nil,
        recomputesActivations: Bool = false
    ) -> ForwardContext {
        ForwardContext(
            computeDType: computeDType, random: random, part: part,
            recomputesActivations: recomputesActivations)
    }

    private init(
        computeDType: DType, random: RandomSource?, part: BatchPart?, recomputesActivations: Bool
    ) {
        self.computeDType = computeDType
        self.random = random
        self.part = part
        self.recomputesActivations = recomputesActivations
    }

    /// Random numbers for the samples of the pass: the same at every call for the same name.
    ///
    /// - Parameters:
    ///   - name: names the stream that is drawn from.
    ///   - shape: `[B, ...]`, B the samples of this pass.
    ///   - fill: draws into a tensor that has the whole batch's length in place of B.
    /// - Returns: a tensor of `shape`; nil outside training.
    func draw(
        _ name: String, shape: [Int], dtype: DType, device: Device,
        _ fill: (Tensor, RandomSource) -> Void
    ) -> Tensor? {
        guard let random else { return nil }
        let total = part?.total ?? shape[0]
        let draws = Tensor.empty([total] + shape.dropFirst(), dtype: dtype, device: device)
        fill(draws, random.stream(name))
        guard let part else { return draws }
        return draws.sliced(part.start..<part.start + shape[0], dimension: 0)
    }
}
