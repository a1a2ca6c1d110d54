/// What the program's numbers may differ by, and from what.
package enum Tolerance {
    /// fp32 features that are unit vectors, and losses, against the originals.
    package static let unitFeatures: Float = 1e-5
    /// fp32 features of unit scale before normalisation, against the originals.
    package static let rawFeatures: Float = 2e-5
    /// fp32 gradients against the originals, as a share of the tensor's largest.
    package static let gradientShare: Float = 5e-5
    /// The same computation arranged otherwise.
    package static let rearranged: Float = 1e-6
    /// A sum whose operands and result are bf16 and whose steps are fp32: half a unit in the last
    /// place of 8 bits, as a share of the largest.
    package static let bfloat16Rounding: Float = 0x1p-8
    /// The same of fp16, whose last place is that of 11 bits.
    package static let float16Rounding: Float = 0x1p-11
    /// bf16 against fp32 features: the least cosine.
    package static let bfloat16Cosine: Float = 0.999
    /// fp16 against fp32 features: the least cosine.
    package static let float16Cosine: Float = 0.9999
}
