/// The time since the last report.
struct ReportInterval {
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

    /// Does what is no training, such as an evaluation, without counting its time.
    mutating func excluding(_ body: () throws -> Void) rethrows {
        let before = clock.now
        try body()
        start += clock.now - before
    }
}
