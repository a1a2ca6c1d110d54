import EVAConfiguration
import Testing

@Suite struct EvaluationScheduleTests {
    private func due(
        _ schedule: TrainingEvaluationConfiguration.Schedule, minimum: Int? = nil,
        of total: Int = 20
    ) -> [Int] {
        var configuration = TrainingEvaluationConfiguration()
        configuration.schedule = schedule
        configuration.minimumCount = minimum
        return (1...total).filter {
            configuration.isDue(afterStep: $0, of: total, stepsPerEpoch: 6)
        }
    }

    @Test("Evaluations are due every so many steps or epochs")
    func intervals() {
        #expect(due(.never, minimum: 3).isEmpty)
        #expect(due(.steps(7)) == [7, 14])
        #expect(due(.epochs(1)) == [6, 12, 18])
        #expect(due(.epochs(2)) == [12])
    }

    @Test("A least number of evaluations shortens an interval that is too long, and no other")
    func minimum() {
        #expect(due(.steps(7), minimum: 4) == [5, 10, 15, 20])
        #expect(due(.steps(7), minimum: 2) == [7, 14])
        #expect(due(.epochs(2), minimum: 3) == [6, 12, 18])
        #expect(due(.steps(7), minimum: 30) == Array(1...20))
    }
}
