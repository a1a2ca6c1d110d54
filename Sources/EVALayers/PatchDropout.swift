package import Torch

/// Drops patches at random in training (Li et al., "FLIP", arXiv 2212.00794).
///
/// The class token always stays. Of P patches, `max(1, Int(P * (1 - p)))` are kept in each image,
/// those with the largest of P normal draws, in that order.
package struct PatchDropout {
    private let keptFraction: Double

    package init(probability: Double) {
        keptFraction = 1 - probability
    }

    /// Token numbers to keep, the class token first: `[B, 1 + K]`.
    package func keptTokens(
        batchSize: Int, patchCount: Int, like x: Tensor, from source: RandomSource
    )
        -> Tensor
    {
        let kept = max(1, Int(Double(patchCount) * keptFraction))
        let noise = Tensor.empty([batchSize, patchCount], dtype: .float32, device: x.device)
        noise.fillNormal(standardDeviation: 1, from: source)
        return PatchDropout.tokens(keepingPatches: noise.top(kept).indices)
    }

    /// Token numbers for given patch numbers `[B, K]`, with the class token put first.
    package static func tokens(keepingPatches patches: Tensor) -> Tensor {
        let classToken = patches.sliced(0..<1, dimension: 1) * 0.0
        return Tensor.concatenated(
            [classToken.cast(to: .int64), (patches + 1.0).cast(to: .int64)], dimension: 1)
    }
}
