import EVAData
import EVAImaging
import Foundation
import Testing

@Suite("Samples that cannot be read")
struct BadSampleTests {
    @Test("They are replaced, counted and named once each, over all epochs")
    func listed() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/bad_samples.jsonl"
        let loader = try makeLoader(
            FakeSource(count: 20, broken: [3, 11]), epochs: 5, threads: 2, limit: .count(2),
            badSamples: try BadSampleLog(path: path))
        let batches = try loader.rest()
        #expect(batches.count == 25)
        #expect(batches.allSatisfy { $0.count == 4 })
        #expect(batches.allSatisfy { Set($0.sampleIndices).isDisjoint(with: [3, 11]) })
        #expect(batches.prefix(5).allSatisfy { Set($0.sampleIndices).count == 4 })
        #expect(loader.badSampleCount == 2)
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(
            lines.sorted() == [
                #"{"file":"fake.json","reason":"picture 11: is broken","record":11}"#,
                #"{"file":"fake.json","reason":"picture 3: is broken","record":3}"#,
            ])
    }

    @Test("More of them than the limit allows stop the run with count, limit and reason")
    func limit() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/bad.jsonl"
        let loader = try makeLoader(
            FakeSource(count: 200, broken: [0, 1, 2, 3]), shuffled: false, threads: 3,
            badSamples: try BadSampleLog(path: path))
        #expect(
            errorText { try loader.rest() }
                == "fake.json: 3 of 200 samples cannot be read, more than the 2 that "
                + "--max_bad_samples 0.01 allows; the last is record 2: picture 2: is broken; "
                + "all are listed in \(path)")
        #expect(try loader.next() == nil)
    }

    @Test("Data of which nothing can be read end the run", arguments: [BadSampleLimit.share(1)])
    func nothingReadable(limit: BadSampleLimit) throws {
        let loader = try makeLoader(
            FakeSource(count: 10, broken: Set(0..<10)), threads: 2, limit: limit)
        #expect(errorText { try loader.next() } == "fake.json: no sample is left that can be read")
    }

    @Test("A data set in a mixture has the stand-ins that it has alone", arguments: [0, 3])
    func mixture(threads: Int) throws {
        let source = FakeSource(count: 12, broken: [3, 8], name: "broken.csv")
        let alone = try makeLoader(source, seed: 3, epochs: 1, limit: .count(2)).rest()
        let streams = [source, FakeSource(count: 12)].map {
            IndexedStream($0, seed: 3, shuffled: true)
        }
        let loader = try StreamFixture.loader(
            StreamMixture(streams, factors: [1, 1]), threads: threads, limit: .count(2))
        let names = try (0..<6).flatMap { _ in try loader.next()?.sampleNames ?? [] }
        loader.stop()
        #expect(
            names.filter { $0.file == "broken.csv" }.map(\.record)
                == alone.flatMap(\.sampleIndices))
        #expect(names.filter { $0.file == "fake.json" }.count == 12)
        #expect(loader.badSampleCount == 2)
    }

    @Test("A data set of a mixture of which nothing can be read ends the run", arguments: [0, 3])
    func nothingReadableInMixture(threads: Int) throws {
        let streams = [
            FakeSource(count: 9), FakeSource(count: 9, broken: Set(0..<9), name: "broken.csv"),
        ].map { IndexedStream($0, seed: 3, shuffled: true) }
        let loader = try StreamFixture.loader(
            StreamMixture(streams, factors: [1, 1]), threads: threads, limit: .share(1))
        #expect(
            errorText { for _ in 0..<9 { _ = try loader.next() } }
                == "broken.csv: no sample is left that can be read")
    }

    @Test("Where every sample is needed, the first bad one ends the reading", arguments: [0, 3])
    func stops(threads: Int) throws {
        let loader = try makeLoader(
            FakeSource(count: 20, broken: [6, 11]), shuffled: false, coverage: .everySample,
            epochs: 1, threads: threads, badRecords: .stop)
        #expect(try loader.next()?.count == 4)
        #expect(errorText { try loader.next() } == "fake.json: picture 6: is broken")
        #expect(try loader.next() == nil)
    }

    @Test("A resumed run keeps the list and names nothing twice")
    func resumed() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/bad.jsonl"
        let source = FakeSource(count: 20, broken: [3, 11])
        for resuming in [false, true] {
            let log = try BadSampleLog(path: path, resuming: resuming)
            #expect(log.count(in: "fake.json") == (resuming ? 2 : 0))
            _ = try makeLoader(source, limit: .count(2), badSamples: log).rest()
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 2)
        _ = try BadSampleLog(path: path)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("Evaluation leaves them out and keeps the others in order", arguments: [0, 3])
    func evaluation(threads: Int) throws {
        let broken: Set = [0, 1, 2, 3, 5, 9]
        let expected = (0..<10).filter { !broken.contains($0) }
        let loader = try makeLoader(
            FakeSource(count: 10, broken: broken), shuffled: false, augmented: false,
            coverage: .everySample, epochs: 1, threads: threads, limit: .count(6))
        let batches = try loader.rest()
        #expect(batches.map(\.count) == [3, 1])
        #expect(batches.flatMap(\.labels) == expected)
        let whole = try makeLoader(
            FakeSource(count: 10), batchSize: 10, shuffled: false, augmented: false,
            coverage: .everySample, epochs: 1
        ).rest()[0].images.values
        let width = 3 * 8 * 8
        #expect(
            batches.flatMap(\.images.values)
                == expected.flatMap { whole[$0 * width..<($0 + 1) * width] })
    }

    @Test("A corrupt image file among good ones is one bad sample")
    func corruptFile() throws {
        let folder = try TemporaryFolder()
        var records: [String] = []
        for index in 0..<8 {
            let image = Image(
                width: 4, height: 4, mode: .rgb,
                pixels: [UInt8](repeating: UInt8(20 * index), count: 48))
            let bytes = try PNGEncoder.encode(image)
            try folder.write(index == 5 ? [1, 2, 3] : bytes, to: "images/\(index).png")
            records.append(#"{"caption": "picture \#(index)", "image": "\#(index).png"}"#)
        }
        try folder.write(
            "[" + records.joined(separator: ",") + "]", to: "annotations/coco_karpathy_train.json")
        let source = try COCOKarpathySource(root: folder.path, split: .train)
        let path = folder.path + "/bad.jsonl"
        let loader = try makeLoader(
            source, epochs: 3, threads: 2, badSamples: try BadSampleLog(path: path))
        #expect(try loader.rest().count == 6)
        #expect(loader.badSampleCount == 1)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains(#""record":5"#))
        #expect(text.contains("5.png"))
    }

    @Test("What is kept of very many is bounded; their number is then an estimate")
    func bounded() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/bad.jsonl"
        let count = 4000
        let log = try BadSampleLog(path: path, limit: 500)
        var counts: [Int] = []
        for _ in 0..<2 {
            // Samples that were met before do not count again.
            let loader = try makeLoader(
                FakeSource(count: count, broken: Set(0..<count)), coverage: .everySample, epochs: 1,
                limit: .share(2), badSamples: log)
            _ = try loader.rest()
            counts.append(log.count)
        }
        #expect(log.isEstimate && abs(counts[0] - count) < count / 4, "\(counts)")
        #expect(counts[1] == counts[0])
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 500)
    }

    @Test("A reason of any length is a short line")
    func longReason() throws {
        struct Source: SampleSource {
            let name = "long"
            let summary = "long"
            let count = 8
            func sample(at index: Int) throws -> Sample {
                throw DataError("x", String(repeating: "y", count: 1 << 20))
            }
        }
        let folder = try TemporaryFolder()
        let path = folder.path + "/bad.jsonl"
        let loader = try makeLoader(
            Source(), coverage: .everySample, limit: .share(1),
            badSamples: BadSampleLog(path: path))
        _ = try loader.rest()
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        #expect(size ?? .max < 8 * 2200)
    }

    @Test("An unwritable list is an error that names it")
    func unwritable() throws {
        let path = "/nonexistent/bad.jsonl"
        let loader = try makeLoader(
            FakeSource(count: 20, broken: [3]), badSamples: try BadSampleLog(path: path))
        #expect(
            errorText { try loader.rest() }
                == "\(path): cannot be written: No such file or directory")
    }

    @Test(
        "A limit is a number, a share or a percentage",
        arguments: [
            ("20", 20), ("0", 0), ("0.01", 6), ("1%", 6), ("0.0", 0), ("1.0", 583), ("100%", 583),
        ])
    func limits(text: String, allowed: Int) throws {
        #expect(try BadSampleLimit(parsing: text).allowed(of: 583) == allowed)
    }

    @Test("Other texts are no limit", arguments: ["", "-1", "1.5", "101%", "few", "nan", "%"])
    func wrongLimits(text: String) {
        #expect(errorText { try BadSampleLimit(parsing: text) }?.contains("got '\(text)'") == true)
    }
}
