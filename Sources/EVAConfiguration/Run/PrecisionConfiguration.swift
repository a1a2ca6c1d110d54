/// The number formats of a run.
public struct PrecisionConfiguration: Codable, Sendable, Equatable {
    /// The format of matrix products.
    public enum ComputeType: String, Codable, Sendable, CaseIterable {
        /// 32-bit floating point.
        case float32 = "fp32"
        /// 16-bit brain floating point.
        case bfloat16 = "bf16"
        /// 16-bit IEEE floating point; training scales the loss.
        case float16 = "fp16"
    }

    /// The format of matrix products; norms, softmax, loss and optimizer compute in 32 bits.
    public var compute: ComputeType

    /// Whether level O2 was asked for.
    ///
    /// It trains as O1 does: what matrix products read is kept in the compute format beside 32-bit
    /// weights at either level.
    public var usesMasterWeights: Bool

    /// The first loss scale of 16-bit IEEE training.
    public var initialLossScale: Double

    /// Steps in a row with a non-finite loss or gradient that are skipped before the run stops.
    public var maxNonfiniteSteps: Int

    /// Whether activations are computed again in the backward pass instead of being kept.
    public var recomputesActivations: Bool

    /// Creates a precision; the defaults are those of the original.
    ///
    /// - Parameters:
    ///   - compute: The format of matrix products.
    ///   - usesMasterWeights: Whether level O2 was asked for.
    public init(compute: ComputeType = .float32, usesMasterWeights: Bool = false) {
        self.compute = compute
        self.usesMasterWeights = usesMasterWeights
        initialLossScale = 32768
        maxNonfiniteSteps = 10
        recomputesActivations = false
    }

    func validate(_ check: inout ValidationCheck) {
        check.flag("scale_loss", initialLossScale)
        check.flag("max_nonfinite_steps", maxNonfiniteSteps)
    }
}
