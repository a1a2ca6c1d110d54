import EVAData
import Foundation
import Testing

/// What earlier versions delivered, as digests of all that a batch holds: a run that goes on from a
/// checkpoint of theirs must meet the same batches.
@Suite("Batches as earlier versions made them")
struct BatchDigestTests {
    struct Indexed: Sendable {
        var shuffled = true
        var coverage = BatchSchedule.Coverage.fullBatches
        var batchSize = 4
        var share = RankShare()
        var broken: Set<Int> = []
        var start = BatchPosition()
        let digest: UInt64
    }

    @Test(
        "A numbered data set",
        arguments: [
            Indexed(digest: 15153973410005449801),
            Indexed(shuffled: false, digest: 3590770578191568789),
            Indexed(batchSize: 7, digest: 16139855952564789906),
            Indexed(
                batchSize: 7, start: BatchPosition(epoch: 1, step: 2), digest: 4931068935825576534),
            Indexed(share: RankShare(rank: 1, worldSize: 3), digest: 1132367494558062470),
            Indexed(broken: [3, 17], digest: 7798860295538955553),
            Indexed(shuffled: false, broken: [0, 1, 15, 29], digest: 9346841947081565084),
            Indexed(shuffled: false, coverage: .everySample, digest: 13615758722165545687),
            Indexed(coverage: .everySample, batchSize: 7, digest: 13409214563789898881),
            Indexed(
                coverage: .everySample, share: RankShare(rank: 2, worldSize: 3), broken: [3, 17],
                digest: 33683486407315997),
        ], [0, 1, 3])
    func indexed(_ case: Indexed, threads: Int) throws {
        let loader = try makeLoader(
            FakeSource(count: 30, broken: `case`.broken), batchSize: `case`.batchSize,
            shuffled: `case`.shuffled, coverage: `case`.coverage, start: `case`.start, epochs: 3,
            threads: threads, limit: .count(4), share: `case`.share)
        let batches = try loader.rest()
        #expect(!batches.isEmpty)
        #expect(digest(batches.map(\.fingerprint)) == `case`.digest)
    }

    struct Streamed: Sendable, CustomStringConvertible {
        let description: String
        let digest: UInt64
        /// Where the run stands after five batches.
        let position: String
        let mixture: @Sendable (TemporaryFolder) throws -> StreamMixture
    }

    static let streams = [
        Streamed(
            description: "shuffled", digest: 7190237526152708044,
            position:
                #"{"credits":[0],"cursors":[{"delivered":2,"pass":0,"record":4,"shard":2}],"records":20}"#
        ) { folder in
            StreamMixture(try StreamFixture.stream(in: folder, sizes: [9, 6, 8], windowRecords: 6))
        },
        Streamed(
            description: "in order", digest: 9100659254153558818,
            position:
                #"{"credits":[0],"cursors":[{"delivered":4,"pass":2,"record":0,"shard":0}],"records":20}"#
        ) { folder in
            StreamMixture(
                try StreamFixture.stream(
                    in: folder, sizes: [5, 3], format: .webDataset, shuffled: false))
        },
        Streamed(
            description: "numbered data sets", digest: 8409585985455430451,
            position:
                #"{"credits":[0,0],"cursors":[{"delivered":0,"pass":1,"record":2,"shard":0},{"delivered":0,"pass":0,"record":8,"shard":0}],"records":20}"#
        ) { _ in
            try StreamMixture(
                [10, 40].map { IndexedStream(FakeSource(count: $0), seed: 3, shuffled: true) },
                factors: [3, 0.5])
        },
        Streamed(
            description: "shards mixed", digest: 15881824715093941699,
            position:
                #"{"credits":[0,0],"cursors":[{"delivered":1,"pass":1,"record":4,"shard":0},{"delivered":4,"pass":0,"record":0,"shard":0}],"records":20}"#
        ) { folder in
            try StreamMixture(
                [
                    try StreamFixture.stream(in: folder, sizes: [5, 6], windowRecords: 4),
                    try ShardStream(
                        name: "one", shards: [folder.path + "/part-0"], format: .lines, seed: 1,
                        shuffled: true),
                ], factors: [1, 0.5])
        },
    ]

    @Test("Streams and mixtures", arguments: streams, [0, 1, 3])
    func streamed(_ case: Streamed, threads: Int) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let mixture = try `case`.mixture(folder)
        let loader = try StreamFixture.loader(mixture, threads: threads)
        let first = try loader.fingerprints(5)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let position = try encoder.encode(loader.streamPosition)
        #expect(String(decoding: position, as: UTF8.self) == `case`.position)
        let rest = try loader.fingerprints(10)
        #expect(digest(first + rest) == `case`.digest)
        loader.stop()
        let resumed = try StreamFixture.loader(
            mixture,
            start: JSONDecoder().decode(StreamPosition.self, from: Data(`case`.position.utf8)),
            threads: threads)
        #expect(try resumed.fingerprints(10) == rest)
    }

    /// FNV-1a over the numbers of all batches.
    private func digest(_ batches: [[Int]]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for number in batches.joined() {
            hash = (hash ^ UInt64(bitPattern: Int64(number))) &* 0x100_0000_01b3
        }
        return hash
    }
}
