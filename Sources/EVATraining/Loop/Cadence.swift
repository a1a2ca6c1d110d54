internal import EVAConfiguration

/// When a run reports, evaluates, saves and stops.
struct Cadence: Sendable, Equatable {
    /// What is to be done after a step, in this order.
    struct Due: OptionSet, Sendable {
        let rawValue: Int

        static let report = Due(rawValue: 1)
        static let evaluation = Due(rawValue: 2)
        static let checkpoint = Due(rawValue: 4)
        static let stop = Due(rawValue: 8)
    }

    let totalSteps: Int
    let stepsPerEpoch: Int
    let stopAfterSteps: Int?
    let logging: LoggingConfiguration
    let checkpoints: CheckpointConfiguration
    let evaluation: TrainingEvaluationConfiguration

    init(_ configuration: TrainingConfiguration, totalSteps: Int, stepsPerEpoch: Int) {
        self.totalSteps = totalSteps
        self.stepsPerEpoch = stepsPerEpoch
        stopAfterSteps = configuration.optimization.stopAfterSteps
        logging = configuration.logging
        checkpoints = configuration.checkpoints
        evaluation = configuration.evaluation
    }

    /// Whether checkpoints come by time, which passes differently on each rank.
    var hangsOnClock: Bool { checkpoints.everyMinutes != nil }

    /// What is due when `step` steps were taken.
    ///
    /// - Parameters:
    ///   - dataStep: the steps that the data has been through, by which epochs are counted.
    ///   - sinceSave: the time since the last checkpoint, or since the start.
    func due(afterStep step: Int, dataStep: Int, sinceSave: Duration = .zero) -> Due {
        var due: Due = []
        let endsEpoch = dataStep.isMultiple(of: stepsPerEpoch)
        let isEnd = step >= min(totalSteps, stopAfterSteps ?? totalSteps)
        if isEnd { due.insert(.stop) }
        let isLogged =
            switch logging.strategy {
            case .none: false
            case .steps: step.isMultiple(of: logging.everySteps)
            case .epoch: endsEpoch
            }
        if isLogged || step == totalSteps || logging.logsFirstStep && step == 1 {
            due.insert(.report)
        }
        let isSaved =
            switch checkpoints.strategy {
            case .none: false
            case .steps: isEnd || step.isMultiple(of: checkpoints.everySteps)
            case .epoch: isEnd || endsEpoch
            }
        if isSaved || checkpoints.everyMinutes.map({ sinceSave >= .seconds($0 * 60) }) ?? false {
            due.insert(.checkpoint)
        }
        let isByEpoch = if case .epochs = evaluation.schedule { true } else { false }
        if evaluation.isDue(
            afterStep: isByEpoch ? dataStep : step, of: totalSteps, stepsPerEpoch: stepsPerEpoch)
        {
            due.insert(.evaluation)
        }
        return due
    }
}
