/// The time since the last report, and the steps that this process took in it.
///
/// A run that was resumed in the middle has steps behind it that another process took: their losses
/// count for the report, their time does not.
struct ReportInterval {
    private let clock = ContinuousClock()
    private var start = ContinuousClock().now
    private var waited = 0.0
    private var steps = 0

    /// Takes note of a step.
    mutating func noteStep() { steps += 1 }

    /// Seconds a step since the last call, and of these waiting for data.
    mutating func next(waited total: Double) -> (step: Double, data: Double) {
        let now = clock.now
        defer {
            start = now
            waited = total
            steps = 0
        }
        let count = Double(max(1, steps))
        return ((now - start) / .seconds(1) / count, (total - waited) / count)
    }

    /// Does what is no training, such as an evaluation, without counting its time.
    mutating func excluding(_ body: () throws -> Void) rethrows {
        let before = clock.now
        try body()
        start += clock.now - before
    }
}
