package import EVAData
package import EVAOptimization

/// Where a run stands, apart from tensors; `trainer_state.json` of a checkpoint.
package struct TrainingState: Codable, Sendable, Equatable {
    /// The form of the file; raised when an older program could misread it.
    package static let currentVersion = 1

    package var version = TrainingState.currentVersion
    /// Steps behind the run, those that were skipped among them.
    package var step = 0
    /// Steps that left the weights as they were, because loss or gradients were not finite.
    package var skippedSteps = 0
    /// How many of the last steps in a row count against `--max_nonfinite_steps`.
    package var nonfiniteSteps = 0
    /// What the loss is multiplied by before backward; nil where it is not.
    package var lossScale: LossScale?
    /// Steps of the whole run, which the schedule is stretched over.
    package var totalSteps: Int
    /// Steps since the last report, whose losses are summed beside the weights.
    package var unreportedSteps = 0
    /// How many of these were skipped.
    package var unreportedSkips = 0
    /// The step after which the weights were last evaluated; 0 for never.
    package var evaluatedStep = 0
    /// The best evaluation so far, where the run looks for one.
    package var best: Best?
    /// Steps by which the data lags behind, because an epoch was begun anew by a resumed run.
    package var dataDelay = 0
    /// The step at which the schedule and the optimizer began, where a run resumed weights alone.
    package var scheduleStart = 0
    /// What the order of samples and every random draw are functions of.
    package var seed: Int
    /// The data set and its size, to notice when another is given.
    package var dataName: String
    package var dataCount: Int
    /// Where streamed data goes on; absent where the place follows from the steps taken.
    package var streamPosition: StreamPosition?
    /// The same of each rank that reads, where there are several.
    package var rankPositions: [StreamPosition]?
    package var batchSize: Int
    package var gradientAccumulationSteps: Int
    package var contrastiveAccumulation: Int
    /// The optimizer's name.
    package var optimizer: String
    /// The decay of the weights' moving average; nil where there is none.
    package var emaDecay: Double?
    /// How many weights the average has taken in; nil where there is none.
    package var averagedSteps: Int?
    /// What the run computes, setting by setting; nil in files of before this was kept.
    package var settings: RunSettings?

    /// An evaluation and the checkpoint of its weights.
    package struct Best: Codable, Sendable, Equatable {
        /// The figure's name.
        package let metric: String
        package let value: Double
        package let step: Int
    }

    package init(
        totalSteps: Int, seed: Int, dataName: String, dataCount: Int, batchSize: Int,
        gradientAccumulationSteps: Int, contrastiveAccumulation: Int, optimizer: String,
        emaDecay: Double? = nil, lossScale: LossScale? = nil
    ) {
        self.totalSteps = totalSteps
        self.seed = seed
        self.dataName = dataName
        self.dataCount = dataCount
        self.batchSize = batchSize
        self.gradientAccumulationSteps = gradientAccumulationSteps
        self.contrastiveAccumulation = contrastiveAccumulation
        self.optimizer = optimizer
        self.emaDecay = emaDecay
        self.lossScale = lossScale
    }

    /// Counts from here what an optimizer and a schedule count that begin anew.
    package mutating func beginAnew(optimizer: String, lossScale: LossScale?) {
        self.optimizer = optimizer
        self.lossScale = lossScale
        scheduleStart = step
        skippedSteps = 0
        nonfiniteSteps = 0
        unreportedSteps = 0
        unreportedSkips = 0
    }

    /// What in `other`, a run's own state at its start, does not let it go on from this one.
    ///
    /// - Parameter comparingOptimizer: whether the optimizer's state is to be taken over too.
    package func differences(from other: TrainingState, comparingOptimizer: Bool = true)
        -> [String]
    {
        var differences: [String] = []
        func compare<Value: Equatable>(_ name: String, _ saved: Value, _ now: Value) {
            if saved != now { differences.append("\(name): saved \(saved), now \(now)") }
        }
        compare("format", version, other.version)
        compare("total steps", totalSteps, other.totalSteps)
        compare("--seed", seed, other.seed)
        compare("samples", dataCount, other.dataCount)
        compare("--per_device_train_batch_size", batchSize, other.batchSize)
        compare(
            "--gradient_accumulation_steps", gradientAccumulationSteps,
            other.gradientAccumulationSteps)
        compare(
            "--contrastive_accumulation", contrastiveAccumulation, other.contrastiveAccumulation)
        if comparingOptimizer { compare("--optimizer", optimizer, other.optimizer) }
        // Another decay is another recipe; an average that is not there cannot be gone on with.
        if comparingOptimizer, (emaDecay == nil) != (other.emaDecay == nil) {
            func text(_ decay: Double?) -> String { decay.map { "\($0)" } ?? "none" }
            differences.append("--ema_decay: saved \(text(emaDecay)), now \(text(other.emaDecay))")
        }
        if let settings, let others = other.settings {
            differences += settings.refusals(from: others, comparingOptimizer: comparingOptimizer)
        }
        return differences
    }
}
