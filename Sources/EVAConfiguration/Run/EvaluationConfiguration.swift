/// An evaluation of one model.
public struct EvaluationConfiguration: Codable, Sendable, Equatable {
    /// The model.
    public var model: ModelSource

    /// What it is evaluated on.
    public var tasks = EvaluationTasks()

    /// Images per process and batch.
    public var batchSize = 8

    /// Batches after which the evaluation ends; nil for all.
    public var maxBatches: Int?

    /// Reader threads; 0 for a number that fits the machine.
    public var workerCount = 0

    /// Whether classifiers are kept on disk for the next evaluation of the same weights and prompts.
    public var keepsClassifiers = true

    /// The number formats.
    public var precision = PrecisionConfiguration()

    /// The folder for `eval.json`; nil to write none.
    public var outputDirectory: String?

    /// Whether a progress bar may be drawn on a terminal.
    public var showsProgress = true

    /// The device: `auto`, `cpu`, `cuda` or `cuda:N`.
    public var device = "auto"

    /// Threads of the computation; nil for one per core.
    public var threadCount: Int?

    /// Creates an evaluation with the original's defaults.
    ///
    /// - Parameter model: The model.
    public init(model: ModelSource) {
        self.model = model
    }

    /// Everything that stops this evaluation from starting, all at once.
    ///
    /// - Returns: The problems, under the names of the command's flags; empty if there are none.
    public func validate() -> [ConfigurationProblem] {
        var check = ValidationCheck()
        model.validate(&check)
        precision.validate(&check)
        check.require(
            !tasks.isEmpty, "--classification_eval",
            "expected a folder of labelled pictures, or another task: --retrieval_eval, "
                + "--linear_probe")
        tasks.validate(&check)
        check.flag("per_device_eval_batch_size", batchSize)
        check.flag("dataloader_num_workers", workerCount)
        if let maxBatches { check.within(.steps, maxBatches, "--max_evaluate_steps") }
        if let threadCount { check.flag("threads", threadCount) }
        return check.problems
    }
}
