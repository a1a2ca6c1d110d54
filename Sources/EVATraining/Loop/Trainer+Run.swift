package import EVAModels
internal import EVAData
internal import TorchParallel

// A run as the one who starts it sees it.
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

    package var clip: CLIP { parts.model.clip }
    package var data: TrainingData { parts.data }
    /// What a step needs in memory, by estimate.
    package var memory: TrainingMemory { parts.memory }
    /// Words for the person who started the run.
    package var notes: [String] { parts.notes }
    /// Samples that one optimizer step learns from.
    package var samplesPerStep: Int { parts.step.samplesPerStep }
    /// Samples that are contrasted with each other.
    package var samplesPerLoss: Int { samplesPerStep / parts.plan.lossesPerStep }

    /// Where this rank keeps what it does not say; nil in the one that speaks for all.
    package var rankLogPath: String? { parts.files.rankLogPath }

    /// Makes the output folder the run's own; what an earlier run left there goes, where this one
    /// does not go on from it.
    ///
    /// `run` does so too; until then all files are untouched.
    package func begin() throws { try parts.files.begin() }

    /// Trains to the end, or until `shouldStop` says so after a step.
    ///
    /// - Parameters:
    ///   - shouldStop: asked after every step.
    ///   - evaluation: receives the result of every evaluation.
    ///   - skipped: receives every step that was passed over because it was not finite.
    ///   - progress: receives the number of steps after every step.
    ///   - note: receives words for the person who started the run.
    ///   - report: receives every report that is logged.
    package func run(
        shouldStop: @escaping () -> Bool = { false },
        evaluation: @escaping (EvaluationEntry) -> Void = { _ in },
        skipped: @escaping (NonfiniteStep) -> Void = { _ in },
        progress: @escaping (Int) -> Void = { _ in },
        note: @escaping (String) -> Void = { _ in },
        report: @escaping (StepReport) -> Void = { _ in }
    ) throws -> Ending {
        try run(
            RunObserver(
                shouldStop: shouldStop, evaluation: evaluation, skipped: skipped,
                progress: progress, note: note, report: report))
    }

    func run(_ observer: RunObserver) throws -> Ending {
        let files = parts.files
        defer { files.release() }
        let badSamples = try files.openLogs(afterStep: state.step)
        state.best = try files.kept(state.best, for: parts.bestMetric)
        let batches = BatchStager(
            try parts.data.batches(from: state, plan: parts.plan, badSamples: badSamples),
            device: parts.device)
        defer {
            batches.stop()
            if dataTally.isEmpty { dataTally = batches.tally }
        }
        do {
            let ending = try takeSteps(batches, observer)
            try files.finishSaving()
            if ending == .finished { try files.finish(parts.model, state) }
            let readers = parts.ranks.dataRanks
            if readers.size > 1 {
                dataTally = DataTally(ofRanks: try readers.gather(batches.tally.figures))
            }
            return ending
        } catch {
            // Half of an update is not worth saving.
            guard parts.step.isBetweenSteps else { throw error }
            throw files.rescue(from: error, parts.model, state)
        }
    }
}
