import EVAEvaluation
import Testing

@Suite struct WilsonIntervalTests {
    /// Bounds computed with SciPy's `binomtest(k, n).proportion_ci(0.95, "wilson")`.
    @Test(
        "The bounds are those of the published formula",
        arguments: [
            (0, 10, 0.0, 0.277_532_799_863),
            (10, 10, 0.722_467_200_137, 1.0),
            (5, 10, 0.236_593_090_513, 0.763_406_909_487),
            (1, 1, 0.206_549_314_377, 1.0),
            (438, 480, 0.883_835_090_748, 0.934_614_822_505),
            (37_350, 50_000, 0.743_170_608_996, 0.750_791_440_307),
        ])
    func bounds(successes: Int, trials: Int, lower: Double, upper: Double) {
        let interval = WilsonInterval(successes: successes, trials: trials)
        #expect(abs(interval.lower - lower) < 1e-11)
        #expect(abs(interval.upper - upper) < 1e-11)
    }

    @Test("Nothing is known without trials")
    func noTrials() {
        let interval = WilsonInterval(successes: 0, trials: 0)
        #expect(interval.lower == 0)
        #expect(interval.upper == 1)
    }
}
