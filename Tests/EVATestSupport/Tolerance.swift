/// What the program's numbers may differ by, and from what.
package enum Tolerance {
    // MARK: Against the originals

    /// fp32 features that are unit vectors, and losses.
    package static let unitFeatures: Float = 1e-5
    /// fp32 features of unit scale before normalisation.
    package static let rawFeatures: Float = 2e-5
    /// fp32 gradients, as a share of the tensor's largest.
    package static let gradientShare: Float = 5e-5
    /// The norm of all gradients, relative.
    package static let gradientNorm = 1e-5
    /// fp32 weights of unit scale after a few steps, and averages of such.
    package static let weightsAfterSteps: Float = 2e-6
    /// The loss at each of a few steps.
    package static let lossAfterSteps = 8e-6

    // MARK: Against the same computed otherwise

    /// The same computation arranged otherwise, relative.
    package static let rearranged: Float = 1e-6
    /// fp32 gradients of a batch taken in parts, as a share of the tensor's largest.
    ///
    /// The kernels of matrix products depend on the number of rows, and with them the order of sums
    /// in every layer. Seen: 1.1e-6 by oneDNN with AVX-512, 6e-6 by MKL with AVX2.
    package static let gradientsInParts: Float = 1e-5
    /// fp32 features of layers that ranks share: their differences as a share of their norm.
    package static let splitFeatures = 1e-6
    /// fp32 gradients of layers that ranks share, as a share of the tensor's largest.
    package static let splitGradients: Float = 1e-5
    /// fp32 numbers of at most 1 by the same formula: a unit in the last place.
    package static let lastPlace: Float = 1e-7
    /// fp64 numbers by the same formula, relative.
    package static let doubles = 1e-12

    // MARK: 16 bits

    /// A sum whose operands and result are bf16 and whose steps are fp32: half a unit in the last
    /// place of 8 bits, as a share of the largest.
    package static let bfloat16Rounding: Float = 0x1p-8
    /// The same of fp16, whose last place is that of 11 bits.
    package static let float16Rounding: Float = 0x1p-11
    /// bf16 against fp32 features: the least cosine.
    package static let bfloat16Cosine: Float = 0.999
    /// fp16 against fp32 features: the least cosine.
    package static let float16Cosine: Float = 0.9999
    /// A loss in bf16 arranged otherwise, relative.
    package static let bfloat16Loss = 1e-3
    /// The norm of gradients in bf16 arranged otherwise, relative.
    package static let bfloat16GradientNorm = 0.02
    /// bf16 features of layers that ranks share: their differences as a share of their norm.
    package static let bfloat16SplitFeatures = 0.02
    /// All bf16 gradients of layers that ranks share: their differences as a share of their norm.
    package static let bfloat16SplitGradients = 0.03
    /// The last losses of a run in 16 bits against those in 32, where a run begins at log 4.
    package static let convergedLoss = 0.08

    // MARK: Draws

    /// The standard deviation of thousands of draws, relative.
    package static let drawnDeviation = 0.02
}
