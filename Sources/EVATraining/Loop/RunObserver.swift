/// Who started a run, and is told of its course.
struct RunObserver {
    /// Asked after every step whether to end.
    let shouldStop: () -> Bool
    /// Receives the result of every evaluation.
    let evaluation: (EvaluationEntry) -> Void
    /// Receives every step that was passed over because it was not finite.
    let skipped: (NonfiniteStep) -> Void
    /// Receives the number of steps after every step.
    let progress: (Int) -> Void
    /// Receives words for the person who started the run.
    let note: (String) -> Void
    /// Receives every report that is logged.
    let report: (StepReport) -> Void
}
