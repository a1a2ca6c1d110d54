import EVAData
import Testing

@Suite("Which samples make up which batch")
struct BatchScheduleTests {
    private func schedule(
        _ count: Int, batchSize: Int, rank: Int = 0, worldSize: Int = 1,
        coverage: BatchSchedule.Coverage = .fullBatches
    ) throws -> BatchSchedule {
        try BatchSchedule(
            source: FakeSource(count: count), batchSize: batchSize, rank: rank,
            worldSize: worldSize, seed: 9, shuffled: true, coverage: coverage)
    }

    private func samples(_ schedule: BatchSchedule, _ position: BatchPosition) -> [Int] {
        let order = schedule.order(epoch: position.epoch)
        return schedule.places(ofStep: position.step).map { order[$0] }
    }

    @Test("A global batch holds the same samples for any number of ranks", arguments: [1, 2, 4, 8])
    func worldSize(_ worldSize: Int) throws {
        let alone = try schedule(100, batchSize: 16)
        let ranks = try (0..<worldSize).map {
            try schedule(100, batchSize: 16 / worldSize, rank: $0, worldSize: worldSize)
        }
        for epoch in 0..<2 {
            for step in 0..<alone.batchesPerEpoch {
                let position = BatchPosition(epoch: epoch, step: step)
                #expect(ranks.flatMap { samples($0, position) } == samples(alone, position))
            }
        }
        #expect(ranks.allSatisfy { $0.batchesPerEpoch == alone.batchesPerEpoch })
    }

    @Test("In training no batch is short and no sample comes twice in an epoch")
    func fullBatches() throws {
        let schedule = try schedule(30, batchSize: 4)
        #expect(schedule.batchesPerEpoch == 7)
        let batches = (0..<7).map { samples(schedule, BatchPosition(step: $0)) }
        #expect(batches.allSatisfy { $0.count == 4 })
        #expect(Set(batches.joined()).count == 28)
    }

    @Test("In evaluation every sample comes once, on one rank")
    func everySample() throws {
        let ranks = try (0..<3).map {
            try schedule(31, batchSize: 4, rank: $0, worldSize: 3, coverage: .everySample)
        }
        let seen = ranks.flatMap { schedule in
            (0..<schedule.batchesPerEpoch).flatMap { samples(schedule, BatchPosition(step: $0)) }
        }
        #expect(seen.sorted() == Array(0..<31))
    }

    @Test("Places follow each other over the end of an epoch")
    func positions() throws {
        let schedule = try schedule(30, batchSize: 4)
        var position = BatchPosition()
        for batches in 0..<20 {
            #expect(schedule.position(afterBatches: batches) == position)
            position = schedule.position(after: position)
        }
        #expect(position == BatchPosition(epoch: 2, step: 6))
    }

    @Test("A data set smaller than one batch is refused, and an empty one")
    func tooSmall() {
        #expect(
            errorText { try schedule(7, batchSize: 8) }
                == "fake.json: the data set has 7 samples, fewer than one batch of 8; "
                + "use a smaller batch or more data")
        #expect(
            errorText { try schedule(15, batchSize: 8, worldSize: 2) }?
                .contains("fewer than one batch of 8 on each of 2 ranks") == true)
        #expect(
            errorText { try schedule(0, batchSize: 8, coverage: .everySample) }
                == "fake.json: the data set is empty")
        #expect(errorText { try schedule(7, batchSize: 8, coverage: .everySample) } == nil)
        #expect(errorText { try schedule(7, batchSize: 0) } != nil)
    }
}
