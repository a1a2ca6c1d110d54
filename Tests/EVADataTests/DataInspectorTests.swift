import EVAData
import EVAImaging
import EVATokenizer
import Foundation
import Testing

@Suite("Looking at all of a data set")
struct DataInspectorTests {
    private struct Encoded: SampleSource {
        let samples: [(picture: [UInt8], text: String)]
        let name = "encoded"
        let summary = "encoded"
        var count: Int { samples.count }
        func sample(at index: Int) -> Sample {
            Sample(
                picture: .encoded(samples[index].picture), text: .caption(samples[index].text))
        }
    }

    private func png(width: Int, height: Int, level: UInt8) throws -> [UInt8] {
        try PNGEncoder.encode(
            Image(
                width: width, height: height, mode: .rgb,
                pixels: [UInt8](repeating: level, count: 3 * width * height)))
    }

    private func inspect(
        _ source: any SampleSource, threads: Int, badSamples: BadSampleLog? = nil
    ) throws -> (DataStatistics, bad: [Int]) {
        var bad: [Int] = []
        let statistics = try DataInspector(
            streams: [IndexedStream(source, seed: 0, shuffled: false)],
            tokenizer: CLIPTokenizer.published(), threads: threads
        ).run(badSamples: badSamples ?? BadSampleLog()) { _, record, _ in bad.append(record) }
        return (statistics, bad)
    }

    @Test(
        "Pictures in shards have the formats of their files, and what is no sample is counted apart"
    )
    func shards() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        var members = try StreamFixture.members(0..<3)
        members += [("8.txt", [65]), ("9.png", try StreamFixture.picture(1)), ("9.txt", [])]
        let whole = StreamFixture.tar(members)
        let path = try folder.write(Array(whole.dropLast(1024)), to: "0.tar")
        let stream = try ShardStream(
            name: "shards", shards: [path], format: .webDataset, seed: 0, shuffled: false)
        let found = try DataInspector(
            streams: [stream], tokenizer: CLIPTokenizer.published(), threads: 2
        ).run(badSamples: BadSampleLog())
        #expect(found.formats == ["PNG": 4])
        #expect((found.samples, found.broken, found.emptyTexts) == (4, 0, 1))
        let total = found.tally.total
        #expect((total.read, total.incomplete, total.missing, total.emptyTexts) == (4, 1, 1, 1))
        #expect(found.firstFault?.contains("without the mark") == true)
    }

    @Test("Sizes, formats, texts, duplicates and what is broken are told, by any threads")
    func statistics() throws {
        let picture = try png(width: 20, height: 10, level: 1)
        let source = Encoded(samples: [
            (picture, "a cat"), (picture, "a dog"),
            (try png(width: 30, height: 5, level: 2), "a cat"),
            (Array(picture.dropLast(20)), "cut"), ([1, 2, 3], "no picture"),
            (try png(width: 8, height: 8, level: 3), String(repeating: "cat ", count: 100)),
            (
                try JPEGEncoder.encode(
                    Image(
                        width: 8, height: 9, mode: .rgb, pixels: [UInt8](repeating: 9, count: 216))),
                ""
            ),
        ])
        for threads in [1, 4] {
            let folder = try TemporaryFolder()
            let (found, bad) = try inspect(
                source, threads: threads,
                badSamples: BadSampleLog(path: folder.path + "/bad.jsonl"))
            #expect(bad == [3, 4])
            #expect((found.samples, found.broken, found.readable) == (7, 2, 5))
            #expect(found.formats == ["PNG": 4, "JPEG": 1])
            #expect(found.widths.quantiles([0, 0.5, 1]) == [8, 20, 30])
            #expect(found.heights.quantiles([0, 0.5, 1]) == [5, 9, 10])
            #expect(found.tokens.quantiles([0, 0.5, 1]) == [2, 4, 102])
            #expect(found.tokens.count(above: 77) == 1 && found.emptyTexts == 1)
            #expect(found.tokens.mean == Double(4 + 4 + 4 + 102 + 2) / 5)
            #expect(found.pictures.duplicates == 1 && found.texts.duplicates == 1)
            #expect(!found.pictures.isEstimate && found.seconds > 0)
            let lines = try String(contentsOfFile: folder.path + "/bad.jsonl", encoding: .utf8)
            #expect(lines.split(separator: "\n").count == 2)
        }
    }

    @Test("More samples than are read at once all come, in order")
    func stretches() throws {
        let broken: Set = [0, 511, 512, 1200]
        let (found, bad) = try inspect(FakeSource(count: 1201, broken: broken), threads: 3)
        #expect(bad == broken.sorted())
        #expect(found.readable == 1197 && found.widths.count == 1197)
        #expect(found.formats == ["drawn": 1197])
    }

    @Test("Beyond the memory for hashes the number of duplicates is an estimate that fits")
    func estimate() {
        var exact = DuplicateCounter()
        var bounded = DuplicateCounter(limit: 1000)
        var random = SplitMix64(hashing: 3)
        for _ in 0..<60000 {
            let hash = Int64(bitPattern: SplitMix64.mix(UInt64(random.below(30000))))
            exact.add(hash)
            bounded.add(hash)
        }
        #expect(!exact.isEstimate && bounded.isEstimate)
        let share = Double(bounded.duplicates) / Double(exact.duplicates)
        #expect((0.85...1.15).contains(share), "\(share)")
    }
}
