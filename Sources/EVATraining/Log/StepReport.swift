/// What is logged of a stretch of steps; one line of `metrics.jsonl`.
package struct StepReport: Codable, Sendable, Equatable {
    /// Optimizer steps taken so far.
    package let step: Int
    /// The mean over the steps since the last report that were taken.
    package let loss: Double
    /// The rate of what belongs to neither tower, in the last step.
    package let learningRate: Double
    /// The rate of the visual tower's last layers.
    package let visualLearningRate: Double
    /// The rate of the text tower's last layers.
    package let textLearningRate: Double
    /// The gradient's global norm in the last step that was taken, before clipping.
    package let gradientNorm: Double
    /// What similarities are multiplied by.
    package let logitScale: Double
    /// What the loss is multiplied by before backward; nil where it is not.
    package let lossScale: Double?
    /// Steps since the last report that were skipped because they were not finite; nil for none.
    package let skippedSteps: Int?
    package let samplesPerSecond: Double
    /// Seconds a step waited for data.
    package let dataSeconds: Double
    /// Seconds a step took, waiting included.
    package let stepSeconds: Double
    /// The most MiB that were in tensors on the GPU at once; nil on a CPU.
    package let peakMegabytes: Int?

    package enum CodingKeys: String, CodingKey {
        case step
        case loss
        case learningRate = "learning_rate"
        case visualLearningRate = "visual_lr"
        case textLearningRate = "text_lr"
        case gradientNorm = "grad_norm"
        case logitScale = "logit_scale"
        case lossScale = "loss_scale"
        case skippedSteps = "skipped_steps"
        case samplesPerSecond = "samples_per_second"
        case dataSeconds = "data_seconds"
        case stepSeconds = "step_seconds"
        case peakMegabytes = "peak_mb"
    }
}
