internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Foundation
internal import Torch

// The loop around the steps.
extension Trainer {
    /// How a run ended.
    package enum Ending: Sendable, Equatable {
        /// All steps were taken.
        case finished
        /// `--stop_after_steps` was reached.
        case stoppedEarly
        /// A signal asked for the end; the run was saved first.
        case interrupted
    }

    /// Trains to the end, or until `shouldStop` says so after a step.
    ///
    /// - Parameters:
    ///   - shouldStop: asked after every step.
    ///   - evaluation: receives the result of every evaluation.
    ///   - report: receives every report that is logged.
    package func run(
        shouldStop: () -> Bool = { false }, evaluation: (EvaluationEntry) -> Void = { _ in },
        report: (StepReport) -> Void = { _ in }
    ) throws -> Ending {
        try openLogs()
        let badSamples = try BadSampleLog(
            path: configuration.outputDirectory + "/bad_samples.jsonl", resuming: state.step > 0)
        let loader = data.loader(from: dataPosition, badSamples: badSamples)
        defer { loader.stop() }
        var interval = ReportInterval()
        var lastSave = ContinuousClock.now
        while state.step < state.totalSteps && !isStopReached {
            _ = try next(plan.skippedBatches(afterSteps: state.step), from: loader)
            let norm = try step { try next(plan.batchesPerLoss, from: loader) }
            if isReportDue {
                let next = try self.report(norm: norm, interval: &interval, loader: loader)
                try metrics.append(next)
                report(next)
            }
            if isEvaluationDue {
                try interval.excluding { evaluation(try evaluate()) }
            }
            let isInterrupted = shouldStop()
            let isEnd = state.step == state.totalSteps || isStopReached
            if isInterrupted || isCheckpointDue(since: lastSave)
                || isEnd && configuration.checkpoints.strategy != .none
            {
                try interval.excluding { try saveCheckpoint() }
                lastSave = .now
            }
            if isInterrupted { return .interrupted }
        }
        if state.step < state.totalSteps { return .stoppedEarly }
        try refuseNonfiniteWeights()
        try clip.write(into: configuration.outputDirectory, preprocessing: preprocessing)
        return .finished
    }

    private func next(_ count: Int, from loader: BatchLoader) throws -> [HostBatch] {
        try (0..<count).map { _ in
            guard let batch = try loader.next() else {
                throw TrainingError("the data ended after step \(state.step)")
            }
            return batch
        }
    }

    private var isStopReached: Bool {
        configuration.optimization.stopAfterSteps.map { state.step >= $0 } ?? false
    }

    private var isReportDue: Bool {
        let logging = configuration.logging
        if state.step == state.totalSteps || logging.logsFirstStep && state.step == 1 {
            return true
        }
        return switch logging.strategy {
        case .none: false
        case .steps: state.step % logging.everySteps == 0
        case .epoch: plan.endsEpoch(state.step)
        }
    }

    private func isCheckpointDue(since lastSave: ContinuousClock.Instant) -> Bool {
        let checkpoints = configuration.checkpoints
        if let minutes = checkpoints.everyMinutes,
            ContinuousClock.now - lastSave >= .seconds(minutes * 60)
        {
            return true
        }
        return switch checkpoints.strategy {
        case .none: false
        case .steps: state.step % checkpoints.everySteps == 0
        case .epoch: plan.endsEpoch(state.step)
        }
    }

    private var isEvaluationDue: Bool {
        switch configuration.evaluation.schedule {
        case .never: false
        case .steps(let steps): state.step % steps == 0
        case .epochs(let epochs): state.step % (plan.stepsPerEpoch * epochs) == 0
        }
    }

    /// Reads the device's numbers back and starts the next stretch.
    private func report(norm: Tensor, interval: inout ReportInterval, loader: BatchLoader) throws
        -> StepReport
    {
        let loss = try meanLoss()
        let multiplier = schedule.multiplier(afterSteps: state.step - 1)
        let rates = configuration.optimization
        let seconds = interval.next(steps: state.unreportedSteps, waited: loader.waitSeconds)
        let report = StepReport(
            step: state.step, loss: loss,
            learningRate: rates.logitScaleLearningRate * multiplier,
            visualLearningRate: rates.visual.learningRate * multiplier,
            textLearningRate: rates.text.learningRate * multiplier, gradientNorm: norm.item(),
            logitScale: clip.logitScale.value.detached().exp().item(),
            samplesPerSecond: Double(samplesPerStep) / seconds.step, dataSeconds: seconds.data,
            stepSeconds: seconds.step)
        lossSum.fill(0)
        state.unreportedSteps = 0
        return report
    }

    /// The mean loss since the last report.
    ///
    /// - Throws: where it is not finite, so that nothing that comes of it is logged or saved.
    func meanLoss() throws -> Double {
        let loss = lossSum.item() / Double(max(1, state.unreportedSteps))
        guard loss.isFinite else {
            throw TrainingError(
                "the loss is \(loss) at step \(state.step); the last checkpoint is unharmed; "
                    + "lower the learning rate or lengthen the warm-up")
        }
        return loss
    }
}
