import EVAData
import Foundation
import Testing

@Suite("Mixtures of data sets")
struct StreamMixtureTests {
    private func streams() -> [any SampleStream] {
        [10, 40].map { IndexedStream(FakeSource(count: $0), seed: 3, shuffled: true) }
    }

    /// How often each sample of two data sets, told apart by their sizes' orders, is delivered.
    private func indices(_ mixture: StreamMixture, batches: Int, threads: Int = 0) throws -> [Int] {
        let loader = try StreamFixture.loader(mixture, batchSize: 5, threads: threads)
        return try (0..<batches).flatMap { _ in try loader.next()?.sampleIndices ?? [] }
    }

    @Test("An epoch reads every sample of each data set as often as its factor says")
    func factors() throws {
        let even = try StreamMixture(streams(), factors: [1, 1])
        #expect(even.count == 50)
        let counts = Dictionary(grouping: try indices(even, batches: 10)) { $0 }.mapValues(\.count)
        #expect((0..<10).allSatisfy { counts[$0] == 2 } && (10..<40).allSatisfy { counts[$0] == 1 })

        let uneven = try StreamMixture(streams(), factors: [3, 0.5])
        #expect(uneven.count == 50)
        let epochs = try indices(uneven, batches: 20)
        let first = Dictionary(grouping: epochs) { $0 }.mapValues(\.count)
        // Two epochs: six times the small one, once the large one.
        #expect((0..<10).allSatisfy { first[$0] == 7 } && (10..<40).allSatisfy { first[$0] == 1 })
    }

    @Test("The proportion holds in every stretch, for any number of threads")
    func proportion() throws {
        let mixture = try StreamMixture(streams(), factors: [4, 1])
        let loader = try StreamFixture.loader(mixture, batchSize: 8)
        for _ in 0..<20 {
            let batch = try #require(try loader.next())
            #expect((2...8).contains(batch.sampleIndices.count { $0 < 10 }))
        }
        #expect(
            try indices(mixture, batches: 12) == indices(mixture, batches: 12, threads: 3))
    }

    @Test("A mixture with shards goes on from any batch")
    func resume() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let mixture = try StreamMixture(
            [
                try StreamFixture.stream(in: folder, sizes: [5, 6], windowRecords: 4),
                try ShardStream(
                    name: "one", shards: [folder.path + "/part-0"], format: .lines, seed: 1,
                    shuffled: true),
            ], factors: [1, 0.5])
        #expect(mixture.count == nil)
        #expect(mixture.summary.hasPrefix("80.0 % from list"))
        let whole = try StreamFixture.loader(mixture).fingerprints(12)
        for stop in 1..<6 {
            let first = try StreamFixture.loader(mixture, threads: 2)
            _ = try first.fingerprints(stop)
            let second = try StreamFixture.loader(mixture, start: first.streamPosition)
            #expect(try second.fingerprints(12 - stop) == Array(whole[stop...]))
        }
        let other = StreamMixture(streams()[0])
        let position = try #require(try StreamFixture.loader(mixture).streamPosition)
        #expect(
            errorText { try StreamFixture.loader(other, start: position) }?
                .contains("one in 2 data sets, this run reads 1") == true)
    }

    @Test("Factors that do not fit, and data that cannot be compared, are refused")
    func faults() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        #expect(
            errorText { try StreamMixture(streams(), factors: [1]) }?
                .contains("expected 2 numbers") == true)
        #expect(errorText { try StreamMixture(streams(), factors: [1, 0]) } != nil)
        let shards = try StreamFixture.stream(in: folder, sizes: [2])
        #expect(
            errorText { try StreamMixture([shards, streams()[0]], factors: [1, 1]) }?
                .contains("sizes.json") == true)
    }

    @Test("A pass that is begun anew keeps its number, and so its order")
    func restartedPass() {
        var position = StreamPosition(streamCount: 2)
        position.cursors[0].pass = 3
        position.cursors[0].shard = 2
        position.cursors[1].delivered = 7
        position.restartPass()
        #expect(position.cursors.map(\.pass) == [3, 0])
        #expect(position.cursors.allSatisfy { $0.shard == 0 && $0.delivered == 0 })
    }
}
