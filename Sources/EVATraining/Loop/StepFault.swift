internal import EVAOptimization

/// Why a step was not taken: its loss or a gradient was not finite.
struct StepFault {
    let loss: Double
    /// Names of the parameters whose gradients were not finite.
    let gradients: [String]
    /// What the step learned from, to say where the fault comes from.
    let samples: StepSamples

    /// Whether the factor before backward can be to blame alone.
    func isOverflow(at scale: LossScale?) -> Bool {
        loss.isFinite && scale?.explainsOverflow ?? false
    }
}
