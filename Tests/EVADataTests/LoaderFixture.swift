import EVAData
import EVAImaging
import EVATokenizer
import Foundation
import Synchronization

/// Small pictures with captions in memory, some of them broken, that counts how often it is asked.
final class FakeSource: SampleSource {
    let name: String
    let summary = "fakes"
    let count: Int
    private let broken: Set<Int>
    private let reads = Mutex(0)

    init(count: Int, broken: Set<Int> = [], name: String = "fake.json") {
        self.name = name
        self.count = count
        self.broken = broken
    }

    var readCount: Int { reads.withLock { $0 } }

    func sample(at index: Int) throws -> Sample {
        reads.withLock { $0 += 1 }
        guard !broken.contains(index) else { throw DataError("picture \(index)", "is broken") }
        let level = UInt8(truncatingIfNeeded: index * 7)
        let pixels = (0..<12 * 12 * 3).map { level ^ UInt8(truncatingIfNeeded: $0) }
        return Sample(
            picture: .pixels(Image(width: 12, height: 12, mode: .rgb, pixels: pixels)),
            text: .caption(String(repeating: "cat ", count: 1 + index % 5)), label: index)
    }
}

/// A loader over a source as most tests want it.
func makeLoader(
    _ source: any SampleSource, batchSize: Int = 4, seed: UInt64 = 5, shuffled: Bool = true,
    augmented: Bool = true, coverage: BatchSchedule.Coverage = .fullBatches,
    start: BatchPosition = BatchPosition(), epochs: Int? = 2, threads: Int = 0,
    batchesAhead: Int = 2, limit: BadSampleLimit = .standard, badRecords: BadRecordRule? = nil,
    badSamples: BadSampleLog? = nil, appliesOrientation: Bool = false,
    share: RankShare = RankShare()
) throws -> BatchLoader {
    try BatchLoader(
        source: source,
        schedule: BatchSchedule(
            source: source, batchSize: batchSize, rank: share.rank, worldSize: share.worldSize,
            seed: seed, shuffled: shuffled, coverage: coverage),
        preparation: preparation(
            augmented: augmented, seed: seed, appliesOrientation: appliesOrientation), start: start,
        epochs: epochs, readerThreads: threads, batchesAhead: batchesAhead,
        badRecords: badRecords ?? (coverage == .fullBatches ? .replace(limit) : .leaveOut(limit)),
        badSamples: badSamples ?? BadSampleLog())
}

func preparation(
    imageSize: Int = 8, augmented: Bool = true, seed: UInt64 = 5, appliesOrientation: Bool = false
) throws -> SamplePreparation {
    let mean: [Float] = [0.5, 0.5, 0.5]
    let std: [Float] = [0.25, 0.25, 0.25]
    return SamplePreparation(
        transform: augmented
            ? .training(
                TrainingTransform(
                    imageSize: imageSize, mean: mean, std: std,
                    appliesOrientation: appliesOrientation))
            : .evaluation(
                EvaluationTransform(
                    imageSize: imageSize, mean: mean, std: std,
                    appliesOrientation: appliesOrientation)),
        tokenizer: try CLIPTokenizer.published(), contextLength: 77, seed: seed)
}

extension BatchLoader {
    /// Every batch that is left.
    func rest() throws -> [HostBatch] {
        var batches: [HostBatch] = []
        while let batch = try next() { batches.append(batch) }
        return batches
    }
}

extension HostBatch {
    /// All of the batch, for comparing it bit by bit.
    var fingerprint: [Int] {
        sampleIndices + [position.epoch, position.step, textLength]
            + images.values.map { Int($0.bitPattern) } + tokens.map { Int($0) }
            + (imageKeys + textKeys).map { Int($0) } + labels
    }
}
