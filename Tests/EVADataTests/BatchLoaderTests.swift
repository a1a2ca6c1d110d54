import EVAData
import EVAImaging
import Foundation
import Testing

@Suite("Batches read ahead by threads")
struct BatchLoaderTests {
    @Test("The number of threads changes no bit", arguments: [1, 3])
    func threads(_ threads: Int) throws {
        let source = FakeSource(count: 30, broken: [3, 17])
        let limit = BadSampleLimit.count(2)
        let expected = try makeLoader(source, limit: limit).rest()
        let batches = try makeLoader(source, threads: threads, limit: limit).rest()
        #expect(expected.count == 14)
        #expect(batches.map(\.fingerprint) == expected.map(\.fingerprint))
    }

    @Test("The comparison of batches notices another seed of the augmentation")
    func negativeControl() throws {
        let source = FakeSource(count: 30)
        let batches = try makeLoader(source, seed: 5, shuffled: false).rest()
        let others = try makeLoader(source, seed: 6, shuffled: false).rest()
        #expect(batches.map(\.sampleIndices) == others.map(\.sampleIndices))
        #expect(batches.map(\.fingerprint) != others.map(\.fingerprint))
    }

    @Test("A run that resumes in mid-epoch goes on as if it had not stopped", arguments: [0, 3])
    func resume(threads: Int) throws {
        let source = FakeSource(count: 30, broken: [3])
        let limit = BadSampleLimit.count(1)
        let whole = try makeLoader(source, limit: limit).rest()
        let first = try makeLoader(source, threads: threads, limit: limit)
        for _ in 0..<5 { _ = try first.next() }
        #expect(first.position == BatchPosition(epoch: 0, step: 5))
        first.stop()
        let second = try makeLoader(
            source, start: first.position, threads: threads, limit: limit)
        #expect(try second.rest().map(\.fingerprint) == whole.dropFirst(5).map(\.fingerprint))
    }

    @Test("Augmentation differs between epochs, and is off in evaluation")
    func augmentation() throws {
        let source = FakeSource(count: 4)
        let trained = try makeLoader(source, shuffled: false).rest()
        #expect(trained.count == 2)
        #expect(trained[0].images.values != trained[1].images.values)
        let plain = try makeLoader(source, shuffled: false, augmented: false).rest()
        #expect(plain[0].images.values == plain[1].images.values)
    }

    @Test("Texts are cut at the longest of the batch and padded with zeros")
    func texts() throws {
        let batch = try #require(
            try makeLoader(FakeSource(count: 4), batchSize: 3, shuffled: false).next())
        #expect(batch.count == 3)
        #expect(batch.textLength == 5)
        let cat: Int32 = 2368
        #expect(
            batch.tokens == [
                49406, cat, 49407, 0, 0, 49406, cat, cat, 49407, 0, 49406, cat, cat, cat, 49407,
            ])
        #expect(batch.images.count == 3 * 3 * 8 * 8)
        #expect(batch.labels == [0, 1, 2])
    }

    @Test("Equal pictures and equal texts have equal keys, others have not")
    func keys() throws {
        struct Pairs: SampleSource {
            let name = "pairs"
            let summary = ""
            let count = 4
            func sample(at index: Int) -> Sample {
                let pixels = [UInt8](repeating: index == 3 ? 3 : 9, count: 3)
                return Sample(
                    picture: .pixels(Image(width: 1, height: 1, mode: .rgb, pixels: pixels)),
                    text: .caption(index == 1 ? "A  Dog" : index == 2 ? "a dog" : "cat \(index)"))
            }
        }
        let batch = try #require(try makeLoader(Pairs(), shuffled: false).next())
        #expect(Set(batch.imageKeys).count == 2)
        #expect(batch.imageKeys[0] == batch.imageKeys[2])
        #expect(Set(batch.textKeys).count == 3)
        #expect(batch.textKeys[1] == batch.textKeys[2])
        #expect(batch.labels.isEmpty)
    }

    @Test("Threads read no further ahead than they may")
    func backPressure() throws {
        let source = FakeSource(count: 100)
        let loader = try makeLoader(source, threads: 3, batchesAhead: 2)
        for taken in 0..<3 {
            let allowed = 4 * (taken + 2)
            waitUntil { source.readCount == allowed }
            Thread.sleep(forTimeInterval: 0.02)
            #expect(source.readCount == allowed)
            _ = try loader.next()
        }
        loader.stop()
    }

    @Test("A consumer that stops early leaves no thread behind")
    func earlyStop() throws {
        for taken in 0..<4 {
            let source = FakeSource(count: 100)
            let loader = try makeLoader(source, epochs: nil, threads: 3)
            for _ in 0..<taken { _ = try loader.next() }
            loader.stop()
            let reads = source.readCount
            Thread.sleep(forTimeInterval: 0.01)
            #expect(source.readCount == reads)
            #expect(try loader.next() == nil)
        }
    }

    @Test("A loader that is let go of frees threads, source and buffers")
    func letGo() throws {
        weak var source: FakeSource?
        do {
            let strong = FakeSource(count: 100)
            source = strong
            _ = try makeLoader(strong, epochs: nil, threads: 3).next()
        }
        waitUntil { source == nil }
        #expect(source == nil)
    }

    @Test("A batch keeps its pixels while later batches reuse memory that was given back")
    func reuse() throws {
        let loader = try makeLoader(FakeSource(count: 8), epochs: 40, threads: 2)
        let kept = try #require(try loader.next())
        let values = kept.images.values
        while let batch = try loader.next() { #expect(batch.images.count == values.count) }
        #expect(kept.images.values == values)
    }

    @Test("The time that the consumer waits is measured")
    func waiting() throws {
        let loader = try makeLoader(FakeSource(count: 8))
        #expect(loader.waitSeconds == 0)
        _ = try loader.next()
        #expect(loader.waitSeconds > 0)
    }

    @Test("An evaluation's last batch is short, and none follows", arguments: [0, 2])
    func evaluation(threads: Int) throws {
        let loader = try makeLoader(
            FakeSource(count: 10), shuffled: false, coverage: .everySample, epochs: 1,
            threads: threads)
        let batches = try loader.rest()
        #expect(batches.map(\.count) == [4, 4, 2])
        #expect(batches.flatMap(\.labels) == Array(0..<10))
        #expect(batches[2].images.count == 2 * 3 * 8 * 8)
    }

    @Test("A rank for which a small evaluation has no sample gets none", arguments: [0, 2])
    func emptyShare(threads: Int) throws {
        let counts = try (0..<4).map { rank in
            try makeLoader(
                FakeSource(count: 10), shuffled: false, coverage: .everySample, epochs: 1,
                threads: threads, share: RankShare(rank: rank, worldSize: 4)
            ).rest().map(\.count)
        }
        #expect(counts == [[4], [4], [2], []])
    }

    @Test("A source whose samples have a text only sometimes is refused")
    func missingTexts() throws {
        struct Mixed: SampleSource {
            let name = "mixed"
            let summary = ""
            let count = 4
            func sample(at index: Int) -> Sample {
                Sample(
                    picture: .floats([Float](repeating: 0, count: 3 * 8 * 8)),
                    text: index == 2 ? nil : .tokens([5, 9]))
            }
        }
        let loader = try makeLoader(Mixed(), shuffled: false)
        #expect(
            errorText { try loader.next() } == "mixed: record 2 has no text, though others have one"
        )
    }

    private func waitUntil(_ condition: () -> Bool) {
        for _ in 0..<2000 where !condition() { Thread.sleep(forTimeInterval: 0.005) }
    }
}
