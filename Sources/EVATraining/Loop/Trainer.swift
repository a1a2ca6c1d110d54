package import EVAConfiguration
package import EVAData
package import Torch
package import TorchParallel

/// Trains a model: the loop around the steps.
package final class Trainer {
    let parts: RunAssembly
    package internal(set) var state: TrainingState
    /// What became of the records that were read, once `run` has ended.
    package internal(set) var dataTally = DataTally()
    private var interval = ReportInterval()

    /// - Parameter ranks: the ranks of the run; each reads its own part of every batch.
    /// - Throws: a typed error of one clear line that says what keeps the run from starting.
    package init(
        _ configuration: TrainingConfiguration, device: Device, ranks: ParallelContext = .single
    ) throws {
        parts = try RunAssembly(configuration, device: device, ranks: ranks)
        state = parts.state
    }

    func takeSteps(_ batches: BatchStager, _ observer: RunObserver) throws -> Ending {
        interval = ReportInterval()
        // A signal is answered before an evaluation that is due; here it is made up for.
        let isUnevaluated = state.step > 0 && state.evaluatedStep != state.step
        if isUnevaluated, due.contains(.evaluation), try conclude(observer) { return .interrupted }
        while !due.contains(.stop) {
            if let skipped = try takeStep(batches) { observer.skipped(skipped) }
            observer.progress(state.step)
            if due.contains(.report) { try report(batches, observer) }
            if try conclude(observer) { return .interrupted }
        }
        return state.step < state.totalSteps ? .stoppedEarly : .finished
    }

    private var due: Cadence.Due {
        parts.cadence.due(
            afterStep: state.step, dataStep: state.dataStep, sinceSave: parts.files.sinceSave)
    }

    private func takeStep(_ batches: BatchStager) throws -> NonfiniteStep? {
        parts.ranks.enter("reading samples for step \(state.step + 1)")
        let left = parts.plan.skippedBatches(afterSteps: state.dataStep)
        try batches.take(left, afterStep: state.step)
        let fault = try parts.step(after: state, from: batches)
        let skipped = try fault.map { try parts.faults.examine($0, after: state) }
        state.noteStep(fault, streamPosition: batches.streamPosition)
        interval.noteStep()
        return skipped
    }

    private func report(_ batches: BatchStager, _ observer: RunObserver) throws {
        let report = parts.step.report(
            of: state, seconds: interval.next(waited: batches.waitSeconds))
        if let report { try parts.files.append(report) }
        parts.model.lossSum.fill(0)
        state.noteReport()
        guard let report else { return }
        try parts.files.plot(report)
        observer.report(report)
    }

    /// Evaluates and saves where that is due; says whether the run, saved then, is to stop.
    private func conclude(_ observer: RunObserver) throws -> Bool {
        // What hangs on a clock or a signal is agreed on.
        let ranks = parts.ranks
        try parts.files.throwFailure()
        var isInterrupted = try ranks.any(observer.shouldStop())
        var isSaved = due.contains(.checkpoint)
        if parts.cadence.hangsOnClock { isSaved = try ranks.any(isSaved) }
        if let evaluation = parts.evaluation, due.contains(.evaluation), !isInterrupted {
            try interval.excluding {
                ranks.enter("the evaluation after step \(state.step)")
                let entry = try evaluation(parts.model, afterStep: state.step)
                try parts.files.append(entry)
                isSaved = try state.noteEvaluation(entry, for: parts.bestMetric) || isSaved
                observer.evaluation(entry)
            }
            isInterrupted = try ranks.any(observer.shouldStop())
        }
        if isSaved || isInterrupted {
            let isLast = isInterrupted || due.contains(.stop)
            try interval.excluding {
                var saved = state
                saved.rankPositions = try state.positions(of: ranks.dataRanks)
                try parts.files.save(parts.model, saved, isLast: isLast)
            }
            parts.files.takeNotes().forEach(observer.note)
        }
        return isInterrupted
    }
}
