/// Evaluation in the course of training.
public struct TrainingEvaluationConfiguration: Codable, Sendable, Equatable {
    /// When the model is evaluated.
    public enum Schedule: Codable, Sendable, Equatable {
        /// Never.
        case never
        /// Every so many steps.
        case steps(Int)
        /// Every so many epochs.
        case epochs(Int)
    }

    /// When the model is evaluated.
    public var schedule: Schedule

    /// What the model is evaluated on.
    public var tasks: EvaluationTasks

    /// Images per process and batch.
    public var batchSize: Int

    /// Batches after which an evaluation ends; nil for all.
    public var maxBatches: Int?

    /// Evaluations that a run has at least, whatever the schedule says; nil for no such number.
    public var minimumCount: Int?

    /// Creates the original's default: no evaluation.
    public init() {
        schedule = .never
        tasks = EvaluationTasks()
        batchSize = 8
        maxBatches = nil
        minimumCount = nil
    }

    /// Whether an evaluation is due after a step.
    ///
    /// - Parameters:
    ///   - step: Steps that were taken, at least one.
    ///   - totalSteps: The steps of the whole run, by which `minimumCount` shortens the interval.
    ///   - stepsPerEpoch: The steps of an epoch.
    package func isDue(afterStep step: Int, of totalSteps: Int, stepsPerEpoch: Int) -> Bool {
        let interval: Int
        switch schedule {
        case .never: return false
        case .steps(let steps): interval = steps
        case .epochs(let epochs): interval = epochs * stepsPerEpoch
        }
        let longest = minimumCount.map { max(1, totalSteps / $0) } ?? interval
        return step.isMultiple(of: min(interval, longest))
    }

    func validate(_ check: inout ValidationCheck) {
        check.flag("per_device_eval_batch_size", batchSize)
        if let maxBatches { check.within(.steps, maxBatches, "--max_evaluate_steps") }
        tasks.validate(&check)
        if let minimumCount { check.flag("minimum_eval_times", minimumCount) }
        switch schedule {
        case .never: return
        case .steps(let steps): check.flag("eval_steps", steps)
        case .epochs(let epochs): check.flag("zeroshot_frequency", epochs)
        }
        check.require(
            !tasks.isEmpty, "--classification_eval",
            "evaluation during training needs a folder of labelled pictures, or captions as "
                + "--retrieval_eval")
    }
}
