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
    ///   - skipped: receives every step that was passed over because it was not finite.
    ///   - progress: receives the number of steps after every step.
    ///   - report: receives every report that is logged.
    package func run(
        shouldStop: () -> Bool = { false }, evaluation: (EvaluationEntry) -> Void = { _ in },
        skipped: (NonfiniteStep) -> Void = { _ in }, progress: (Int) -> Void = { _ in },
        report: (StepReport) -> Void = { _ in }
    ) throws -> Ending {
        defer { claim.release() }
        try begin()
        try openLogs()
        let badSamples = try BadSampleLog(
            path: configuration.outputDirectory + "/bad_samples.jsonl", resuming: state.step > 0)
        let loader = BatchStager(try openData(badSamples: badSamples), device: device)
        stager = loader
        defer {
            loader.stop()
            stager = nil
            dataTally = loader.tally
        }
        do {
            let ending = try takeSteps(
                loader, shouldStop, evaluation: evaluation, skipped: skipped, progress: progress,
                report: report)
            guard ending == .finished else { return ending }
            try refuseNonfiniteWeights()
            if configuration.checkpoints.loadsBestAtEnd {
                isBetweenSteps = false
                try loadBest()
            }
            try writeModel(into: configuration.outputDirectory)
            return .finished
        } catch {
            throw rescue(from: error)
        }
    }

    private func takeSteps(
        _ loader: any BatchSupply, _ shouldStop: () -> Bool,
        evaluation: (EvaluationEntry) -> Void, skipped: (NonfiniteStep) -> Void,
        progress: (Int) -> Void, report: (StepReport) -> Void
    ) throws -> Ending {
        var interval = ReportInterval()
        var lastSave = ContinuousClock.now
        // A signal is answered before an evaluation that is due; here it is made up for.
        if state.step > 0, isEvaluationDue, state.evaluatedStep != state.step,
            try conclude(&interval, &lastSave, shouldStop, evaluation)
        {
            return .interrupted
        }
        while state.step < state.totalSteps && !isStopReached {
            _ = try next(plan.skippedBatches(afterSteps: dataStep), from: loader)
            let fault = try step { try next(plan.batchesPerLoss, from: loader) }
            // Where the data stands is part of the state once all of it has been learnt from.
            state.streamPosition = loader.streamPosition
            interval.noteStep()
            if let fault { skipped(fault) }
            progress(state.step)
            if isReportDue { try log(loader, &interval, report) }
            if try conclude(&interval, &lastSave, shouldStop, evaluation) { return .interrupted }
        }
        return state.step < state.totalSteps ? .stoppedEarly : .finished
    }

    /// Evaluates and saves after a step, where that is due.
    ///
    /// - Returns: whether the run was asked to stop; it is saved then.
    private func conclude(
        _ interval: inout ReportInterval, _ lastSave: inout ContinuousClock.Instant,
        _ shouldStop: () -> Bool, _ evaluation: (EvaluationEntry) -> Void
    ) throws -> Bool {
        var isInterrupted = shouldStop()
        var isBest = false
        if isEvaluationDue, !isInterrupted {
            try interval.excluding {
                let entry = try evaluate()
                isBest = try noteBest(entry)
                state.evaluatedStep = state.step
                evaluation(entry)
            }
            isInterrupted = shouldStop()
        }
        let isEnd = state.step == state.totalSteps || isStopReached
        if isInterrupted || isBest || isCheckpointDue(since: lastSave)
            || isEnd && configuration.checkpoints.strategy != .none
        {
            try interval.excluding { try saveCheckpoint() }
            lastSave = .now
        }
        return isInterrupted
    }

    private func next(_ count: Int, from loader: any BatchSupply) throws -> [HostBatch] {
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
        case .epoch: plan.endsEpoch(dataStep)
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
        case .epoch: plan.endsEpoch(dataStep)
        }
    }

    private var isEvaluationDue: Bool {
        let evaluation = configuration.evaluation
        // Epochs are counted by the data.
        let isByEpoch = if case .epochs = evaluation.schedule { true } else { false }
        return evaluation.isDue(
            afterStep: isByEpoch ? dataStep : state.step, of: state.totalSteps,
            stepsPerEpoch: plan.stepsPerEpoch)
    }

    /// Logs the steps since the last report, and starts the next stretch once they are logged.
    private func log(
        _ loader: any BatchSupply, _ interval: inout ReportInterval, _ report: (StepReport) -> Void
    ) throws {
        let next = nextReport(interval: &interval, loader: loader)
        if let next { try metrics.append(next) }
        lossSum.fill(0)
        state.unreportedSteps = 0
        state.unreportedSkips = 0
        guard let next else { return }
        try tensorBoard?.append(next)
        report(next)
    }

    /// Reads the device's numbers back.
    ///
    /// - Returns: nil for a stretch of which every step was skipped.
    private func nextReport(interval: inout ReportInterval, loader: any BatchSupply) -> StepReport?
    {
        let seconds = interval.next(waited: loader.waitSeconds)
        let taken = state.unreportedSteps - state.unreportedSkips
        guard taken > 0 else { return nil }
        let multiplier = schedule.multiplier(afterSteps: state.step - 1)
        let rates = configuration.optimization
        return StepReport(
            step: state.step, loss: lossSum.item() / Double(taken),
            learningRate: rates.logitScaleLearningRate * multiplier,
            visualLearningRate: rates.visual.learningRate * multiplier,
            textLearningRate: rates.text.learningRate * multiplier,
            gradientNorm: gradientNorm.item(),
            logitScale: clip.logitScale.value.detached().exp().item(),
            lossScale: state.lossScale?.value,
            skippedSteps: state.unreportedSkips > 0 ? state.unreportedSkips : nil,
            samplesPerSecond: Double(samplesPerStep) / seconds.step, dataSeconds: seconds.data,
            stepSeconds: seconds.step,
            peakMegabytes: device.kind == .cuda ? DeviceMemory(of: device).peakBytes >> 20 : nil)
    }
}
