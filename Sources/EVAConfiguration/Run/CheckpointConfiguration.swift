/// When a run saves itself, and what it resumes from.
public struct CheckpointConfiguration: Codable, Sendable, Equatable {
    /// When a checkpoint is written; one more is written on a signal to stop.
    public enum Strategy: String, Codable, Sendable, CaseIterable {
        /// Never.
        case none = "no"
        /// Every so many steps.
        case steps
        /// At the end of every epoch.
        case epoch
    }

    /// What stands for the newest checkpoint.
    package static let latest = "latest"

    /// What stands for the newest checkpoint where there is one.
    package static let auto = "auto"

    /// When a checkpoint is written.
    public var strategy: Strategy

    /// Steps from checkpoint to checkpoint.
    public var everySteps: Int

    /// Minutes after which a checkpoint is written besides; nil for none.
    public var everyMinutes: Double?

    /// Checkpoints that are kept, the best one not counted; nil for all.
    public var totalLimit: Int?

    /// The checkpoint to go on from: its folder, `latest`, or `auto` for the newest whole one and
    /// a start where there is none; nil to start anew.
    public var resumeFrom: String?

    /// Whether what an earlier run left in the output folder is removed first.
    public var overwritesOutput: Bool

    /// Whether a resumed run starts its epoch's data from the beginning.
    public var restartsEpochData: Bool

    /// Whether checkpoints leave out the optimizer's state.
    public var savesWeightsOnly: Bool

    /// Whether resuming takes only the weights.
    public var loadsWeightsOnly: Bool

    /// Whether the run ends with the weights of its best checkpoint.
    public var loadsBestAtEnd: Bool

    /// The evaluation's figure that decides which checkpoint is best; nil to keep no best one.
    public var bestMetric: String?

    /// Whether a greater figure is better.
    public var greaterIsBetter: Bool

    /// Creates the original's defaults.
    public init() {
        strategy = .steps
        everySteps = 500
        everyMinutes = nil
        totalLimit = nil
        resumeFrom = nil
        overwritesOutput = false
        restartsEpochData = false
        savesWeightsOnly = false
        loadsWeightsOnly = false
        loadsBestAtEnd = false
        bestMetric = nil
        greaterIsBetter = true
    }

    func validate(_ check: inout ValidationCheck, evaluates: Bool) {
        check.flag("save_steps", everySteps)
        if let totalLimit { check.flag("save_total_limit", totalLimit) }
        if let everyMinutes { check.flag("save_minutes", everyMinutes) }
        check.require(
            !overwritesOutput || resumeFrom != Self.latest && resumeFrom != Self.auto,
            "--overwrite_output_dir",
            "removes the checkpoints that --resume_from_checkpoint \(resumeFrom ?? "") goes on "
                + "from; give one of the two")
        check.require(
            !loadsBestAtEnd || evaluates, "--load_best_model_at_end",
            "the best model is known only to a run that evaluates; give --evaluation_strategy")
        check.require(
            bestMetric == nil || evaluates, "--metric_for_best_model",
            "nothing is measured in a run that does not evaluate; give --evaluation_strategy")
    }
}
