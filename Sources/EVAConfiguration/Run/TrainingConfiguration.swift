/// A training run: everything that decides what it computes and what it leaves behind.
///
/// It is one value, by component. A run's folder keeps it, resolved, in `run.json`.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
    /// The model, and what the run changes about it.
    public var model: ModelSource

    /// The data.
    public var data = TrainingDataConfiguration()

    /// The optimizer, its rates and the run's length.
    public var optimization = OptimizationConfiguration()

    /// The number formats.
    public var precision = PrecisionConfiguration()

    /// The contrastive loss.
    public var loss = LossConfiguration()

    /// Log lines and event files.
    public var logging = LoggingConfiguration()

    /// Checkpoints.
    public var checkpoints = CheckpointConfiguration()

    /// Evaluation in the course of the run.
    public var evaluation = TrainingEvaluationConfiguration()

    /// The division among processes.
    public var distribution = DistributionConfiguration()

    /// The folder that the run writes to.
    public var outputDirectory: String

    /// Whether the run trains, or only builds and checks everything.
    public var trains = true

    /// The seed of every random choice.
    public var seed = 42

    /// The device: `auto`, `cpu`, `cuda` or `cuda:N`.
    public var device = "auto"

    /// Threads of the computation; nil for one per core.
    public var threadCount: Int?

    /// Creates a run with the original's defaults.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - outputDirectory: The folder that the run writes to.
    public init(model: ModelSource, outputDirectory: String) {
        self.model = model
        self.outputDirectory = outputDirectory
    }

    /// Everything that stops this run from starting, all at once.
    ///
    /// Key paths are the names of the command's flags.
    ///
    /// - Parameter totalSteps: Optimizer steps of the run, once the data's size is known.
    /// - Returns: The problems; empty for a run that can start.
    public func validate(totalSteps: Int? = nil) -> [ConfigurationProblem] {
        var check = ValidationCheck()
        model.validate(&check)
        data.validate(&check)
        optimization.validate(&check, totalSteps: totalSteps)
        precision.validate(&check)
        loss.validate(&check)
        logging.validate(&check)
        evaluation.validate(&check)
        checkpoints.validate(&check, evaluates: evaluation.schedule != .never)
        distribution.validate(&check)
        check.require(!outputDirectory.isEmpty, "--output_dir", "expected a folder")
        check.flag("seed", seed)
        if let threadCount { check.flag("threads", threadCount) }
        return check.problems
    }
}
