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
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let mixture = StreamMixture(try faultyStream(in: folder))
        for _ in 0..<5 { _ = try StreamFixture.loader(mixture, threads: 3).next() }
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
