import EVAData
import Foundation
import Testing

@Suite("Batches of streams")
struct StreamLoaderTests {
    @Test("The number of threads changes no bit", arguments: [1, 4])
    func threads(_ threads: Int) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let stream = try faultyStream(in: folder)
        let mixture = StreamMixture(stream)
        let expected = try StreamFixture.loader(mixture).fingerprints(20)
        let loader = try StreamFixture.loader(mixture, threads: threads)
        #expect(try loader.fingerprints(20) == expected)
        #expect(Set(expected).count == 20)
        loader.stop()
        #expect(try loader.next() == nil)
    }

    @Test("A run that goes on from any batch equals one that did not stop", arguments: [0, 2])
    func resume(threads: Int) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let mixture = StreamMixture(try faultyStream(in: folder))
        let whole = try StreamFixture.loader(mixture).fingerprints(16)
        for stop in [1, 5, 6, 11] {
            let first = try StreamFixture.loader(mixture, threads: threads)
            _ = try first.fingerprints(stop)
            let saved = try JSONEncoder().encode(first.streamPosition)
            first.stop()
            let second = try StreamFixture.loader(
                mixture, start: JSONDecoder().decode(StreamPosition.self, from: saved),
                threads: threads)
            #expect(try second.fingerprints(16 - stop) == Array(whole[stop...]), "after \(stop)")
        }
    }

    @Test("Faulty records are passed over and listed once, in the order of the stream")
    func faults() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let path = folder.path + "/bad.jsonl"
        let mixture = StreamMixture(try faultyStream(in: folder))
        for threads in [0, 3] {
            let loader = try StreamFixture.loader(
                mixture, threads: threads, badSamples: BadSampleLog(path: path))
            for _ in 0..<15 { #expect(try loader.next()?.count == 4) }
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.allSatisfy { $0.contains("part-0") && $0.contains("base64") })
        }
    }

    @Test("More faulty records than are allowed end the run")
    func limit() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let mixture = StreamMixture(try faultyStream(in: folder))
        let loader = try StreamFixture.loader(mixture, threads: 2, limit: .count(1))
        let text = errorText { try loader.fingerprints(15) }
        #expect(text?.contains("more than the 1 that --max_bad_samples 1 allows") == true)
    }

    @Test("Data without a single sample that can be used ends the run", arguments: [0, 2])
    func nothing(threads: Int) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let path = try folder.write("a\tb\nc\td\n", to: "part")
        let stream = try ShardStream(
            name: "list", shards: [path], format: .lines, seed: 1, shuffled: true)
        let loader = try StreamFixture.loader(StreamMixture(stream), threads: threads)
        #expect(
            errorText { try loader.next() }?.contains("one after the other cannot be used") == true)
        let missing = try ShardStream(
            name: "list", shards: [try folder.write("", to: "empty")], format: .lines, seed: 1,
            shuffled: true)
        let other = try StreamFixture.loader(StreamMixture(missing), threads: threads)
        #expect(errorText { try other.next() }?.contains("no sample in any") == true)
    }

    @Test("A loader that is let go of while it reads ends its threads")
    func letGo() throws {
        // The threads hold the pipeline, which holds the data, so that it goes when they have ended.
        weak var data: FakeSource?
        func read() throws {
            let source = FakeSource(count: 64)
            data = source
            let mixture = StreamMixture(IndexedStream(source, seed: 1, shuffled: true))
            #expect(try StreamFixture.loader(mixture, threads: 3).next()?.count == 4)
        }
        for _ in 0..<5 {
            try read()
            for _ in 0..<1000 where data != nil { usleep(10_000) }
            #expect(data == nil)
        }
    }

    @Test("Groups without a picture or a caption count for no limit, and are told of by file")
    func incomplete() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        var members = try StreamFixture.members(0..<8)
        for number in 0..<50 { members.append(("x\(number).txt", Array("failed".utf8))) }
        let path = try folder.write(StreamFixture.tar(members), to: "0.tar")
        let stream = try ShardStream(
            name: "shards", shards: [path], format: .webDataset, seed: 1, shuffled: true)
        let log = try BadSampleLog(path: folder.path + "/bad.jsonl")
        let loader = try StreamFixture.loader(
            StreamMixture(stream), threads: 2, limit: .count(0), badSamples: log)
        // Two passes and a half.
        for _ in 0..<5 { #expect(try loader.next()?.count == 4) }
        let counts = try #require(loader.tally.files[path])
        #expect(counts.read == 20 && counts.broken == 0 && counts.missing == 0)
        #expect(counts.incomplete == 50)
        #expect(
            loader.tally.lines() == [
                "samples: 20 read, 50 passed over (50 without a picture or a caption), 0 missing"
            ])
        #expect(log.count == 0)
    }

    @Test(
        "Data in which no record has both a picture and a caption end the run", arguments: [0, 2])
    func nothingButIncomplete(threads: Int) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let path = try folder.write(
            StreamFixture.tar([("1.txt", [65]), ("2.txt", [66])]), to: "0.tar")
        let stream = try ShardStream(
            name: "shards", shards: [path], format: .webDataset, seed: 1, shuffled: true)
        let loader = try StreamFixture.loader(StreamMixture(stream), threads: threads)
        #expect(
            errorText { try loader.next() }?.contains("no record has both a picture and a caption")
                == true)
    }

    @Test("A damaged shard counts what sizes.json says is missing, against the limit too")
    func missing() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let whole = StreamFixture.tar(try StreamFixture.members(0..<12))
        // Each sample takes four blocks of 512 bytes.
        let path = try folder.write(Array(whole[..<(5 * 2048 + 600)]), to: "0.tar")
        try folder.write("{\"0.tar\": 12}", to: "sizes.json")
        let stream = try ShardStream(
            name: "shards", shards: [path], format: .webDataset, sizes: ShardSizes(of: [path]),
            seed: 1, shuffled: true)
        let loader = try StreamFixture.loader(
            StreamMixture(stream), threads: 2, limit: .count(7))
        for _ in 0..<5 { #expect(try loader.next()?.count == 4) }
        let counts = try #require(loader.tally.files[path])
        #expect(counts.read == 20 && counts.broken == 0 && counts.missing == 7)
        #expect(
            loader.tally.lines().last
                == "  \(path): 20 read, 7 missing; 7 samples are missing of the 12 that sizes.json "
                + "names")
        let strict = try StreamFixture.loader(StreamMixture(stream), limit: .count(6))
        #expect(
            errorText { for _ in 0..<5 { _ = try strict.next() } }?
                .contains("7 of 12 samples cannot be read or are missing, more than the 6") == true)
    }

    @Test("A damaged shard of unknown size counts what the shards beside it have")
    func neighbours() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let shards = try (0..<3).map { shard in
            let members = try StreamFixture.members(10 * shard..<10 * shard + 10)
            let whole = StreamFixture.tar(members)
            return try folder.write(
                shard == 0 ? Array(whole[..<(4 * 2048 + 600)]) : whole, to: "\(shard).tar")
        }
        let stream = try ShardStream(
            name: "shards", shards: shards, format: .webDataset, seed: 1, shuffled: false)
        let loader = try StreamFixture.loader(StreamMixture(stream), limit: .count(6))
        for _ in 0..<10 { #expect(try loader.next()?.count == 4) }
        #expect(loader.tally.files[shards[0]]?.missing == 6)
        #expect(loader.tally.total.missing == 6)
        #expect(
            loader.tally.files[shards[0]]?.expectation
                == "6 samples are missing of the 10 that shards beside it have")
    }

    @Test("A shard that ends well with fewer samples than sizes.json names is told of")
    func short() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let path = try folder.write(StreamFixture.tar(StreamFixture.members(0..<4)), to: "0.tar")
        try folder.write("{\"0.tar\": 9}", to: "sizes.json")
        let stream = try ShardStream(
            name: "shards", shards: [path], format: .webDataset, sizes: ShardSizes(of: [path]),
            seed: 1, shuffled: true)
        let loader = try StreamFixture.loader(StreamMixture(stream), limit: .count(0))
        for _ in 0..<3 { #expect(try loader.next()?.count == 4) }
        #expect(loader.tally.total.missing == 5 && loader.tally.total.broken == 0)
    }

    @Test("A damaged shard alone is not opened again and again")
    func loneShard() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let path = try folder.write([UInt8](repeating: 7, count: 600), to: "0.tar")
        let stream = try ShardStream(
            name: "shards", shards: [path], format: .webDataset, seed: 1, shuffled: true)
        let loader = try StreamFixture.loader(StreamMixture(stream), limit: .share(1))
        // A record for each time that the shard was opened.
        #expect(
            errorText { try loader.next() }?
                .contains("3 records one after the other cannot be used") == true)
    }

    @Test("Batches name their samples by file, number and key")
    func names() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let path = try folder.write(StreamFixture.tar(StreamFixture.members(0..<4)), to: "0.tar")
        let stream = try ShardStream(
            name: "shards", shards: [path], format: .webDataset, seed: 1, shuffled: false)
        let batch = try #require(try StreamFixture.loader(StreamMixture(stream)).next())
        #expect(
            batch.sampleNames
                == (0..<4).map { SampleName(file: path, record: $0, key: "s/\($0)") })
    }

    /// Three parts of which the first has two faulty lines.
    private func faultyStream(in folder: TemporaryFolder) throws -> ShardStream {
        let stream = try StreamFixture.stream(in: folder, sizes: [9, 6, 8], windowRecords: 6)
        var lines = try Array(StreamFixture.part(0..<9)).split(separator: UInt8(ascii: "\n"))
            .map(Array.init)
        lines[2] = Array("id\turl\t{}\tx\ty\t@@@@\tz".utf8)
        lines[7] = Array("id\turl\t{}\tx\ty\t\tz".utf8)
        try folder.write(
            Array(lines.joined(separator: Array("\n".utf8))) + [UInt8(ascii: "\n")], to: "part-0")
        return stream
    }
}
