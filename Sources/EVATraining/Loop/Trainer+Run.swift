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
    ///   - report: receives every report that is logged.
    package func run(
        shouldStop: () -> Bool = { false }, report: (StepReport) -> Void = { _ in }
    ) throws -> Ending {
        let badSamples = try BadSampleLog(
            path: configuration.outputDirectory + "/bad_samples.jsonl", resuming: state.step > 0)
        let loader = data.loader(from: dataPosition, badSamples: badSamples)
        defer { loader.stop() }
        var interval = ReportInterval()
        while state.step < state.totalSteps {
            let norm = try step(nextBatches(from: loader))
            if isReportDue {
                let next = try self.report(norm: norm, interval: &interval, loader: loader)
                try metrics.append(next)
                report(next)
            }
            let isInterrupted = shouldStop()
            let isStopped = configuration.optimization.stopAfterSteps.map { state.step >= $0 }
            let isLast = isInterrupted || isStopped == true || state.step == state.totalSteps
            if isCheckpointDue || isLast && configuration.checkpoints.strategy != .none {
                try saveCheckpoint()
            }
            if isInterrupted { return .interrupted }
            if isStopped == true && state.step < state.totalSteps { return .stoppedEarly }
        }
        try clip.write(into: configuration.outputDirectory, preprocessing: preprocessing)
        return .finished
    }

    private func nextBatches(from loader: BatchLoader) throws -> [HostBatch] {
        try (0..<configuration.optimization.gradientAccumulationSteps).map { _ in
            guard let batch = try loader.next() else {
                throw TrainingError("the data ended after step \(state.step)")
            }
            return batch
        }
    }

    private var isReportDue: Bool {
        let logging = configuration.logging
        if state.step == state.totalSteps { return true }
        if logging.logsFirstStep && state.step == 1 { return true }
        return logging.strategy != .none && state.step % logging.everySteps == 0
    }

    private var isCheckpointDue: Bool {
        configuration.checkpoints.strategy == .steps
            && state.step % configuration.checkpoints.everySteps == 0
    }

    /// Reads the device's numbers back and starts the next stretch.
    private func report(norm: Tensor, interval: inout ReportInterval, loader: BatchLoader) throws
        -> StepReport
    {
        let loss = lossSum.item() / Double(state.unreportedSteps)
        guard loss.isFinite else {
            throw TrainingError(
                "the loss is \(loss) at step \(state.step); the last checkpoint is unharmed; "
                    + "lower the learning rate or lengthen the warm-up")
        }
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
}

/// The time since the last report.
private struct ReportInterval {
    private let clock = ContinuousClock()
    private var start = ContinuousClock().now
    private var waited = 0.0

    /// Seconds a step since the last call, and of these waiting for data.
    mutating func next(steps: Int, waited total: Double) -> (step: Double, data: Double) {
        let now = clock.now
        defer {
            start = now
            waited = total
        }
        return (
            (now - start) / .seconds(1) / Double(steps), (total - waited) / Double(steps)
        )
    }
}
