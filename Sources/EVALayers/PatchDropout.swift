package import Torch

/// Drops patches at random in training (Li et al., "FLIP", arXiv 2212.00794).
///
/// The class token always stays. Of P patches, `max(1, Int(P * (1 - p)))` are kept in each image,
/// those with the largest of P normal draws, in that order.
package struct PatchDropout {
    private let keptFraction: Double
    private let name: String

    package init(probability: Double, in scope: ParameterScope) {
        keptFraction = 1 - probability
        name = scope["patch_dropout"].path
    }

    /// Token numbers to keep of each image in `x`, the class token first: `[B, 1 + K]`; nil for all
    /// of them, outside training.
    ///
    /// - Parameter x: tokens `[B, 1 + P, D]`.
    package func keptTokens(of x: Tensor, _ context: ForwardContext) -> Tensor? {
        let patchCount = x.shape[1] - 1
        let kept = max(1, Int(Double(patchCount) * keptFraction))
        return context.draw(
            name, shape: [x.shape[0], patchCount], dtype: .float32, device: x.device
        ) { $0.fillNormal(standardDeviation: 1, from: $1) }
        .map { PatchDropout.tokens(keepingPatches: $0.top(kept).indices) }
    }

    /// Token numbers for given patch numbers `[B, K]`, with the class token put first.
    package static func tokens(keepingPatches patches: Tensor) -> Tensor {
        let classToken = patches.sliced(0..<1, dimension: 1) * 0.0
        return Tensor.concatenated(
            [classToken.cast(to: .int64), (patches + 1.0).cast(to: .int64)], dimension: 1)
    }
}
