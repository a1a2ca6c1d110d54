package import EVAData
internal import Torch
package import TorchParallel

/// How a data set's pictures are gone through once and encoded.
package struct PicturePass {
    /// The pictures.
    package let source: any SampleSource
    private let preparation: SamplePreparation
    private let batchSize: Int
    private let batchLimit: Int?
    private let readerThreads: Int
    private let ranks: any ProcessGroup

    /// Describes a pass.
    ///
    /// - Parameters:
    ///   - source: the pictures.
    ///   - preparation: how they are prepared; the evaluation transform of the model.
    ///   - batchSize: pictures that are in the model at once.
    ///   - batchLimit: batches after which the pass ends; nil for all.
    ///   - readerThreads: threads that prepare pictures; 0 prepares them in between.
    ///   - ranks: those that divide the batches among them; all call the pass together.
    package init(
        _ source: any SampleSource, preparation: SamplePreparation, batchSize: Int,
        batchLimit: Int? = nil, readerThreads: Int,
        ranks: any ProcessGroup = SingleProcessGroup()
    ) {
        self.source = source
        self.preparation = preparation
        self.batchSize = batchSize
        self.batchLimit = batchLimit
        self.readerThreads = readerThreads
        self.ranks = ranks
    }

    /// What a pass went through, on all ranks.
    struct Count {
        /// Pictures that were encoded.
        var images = 0
        /// Pictures that could not be read.
        var badImages = 0
    }

    /// Encodes this rank's pictures batch by batch; one that cannot be read is listed and left out.
    ///
    /// - Parameters:
    ///   - encoder: the model.
    ///   - badSamples: where unreadable pictures are listed.
    ///   - progress: called after each batch with the number of pictures done, by all ranks if the
    ///     others are as far.
    ///   - body: receives each batch with its unit vectors `[B, E]`.
    /// - Throws: `DataError` when no picture can be read or the list of unreadable ones cannot be
    ///   written; `EvaluationError` when a feature is not finite; what `body` throws.
    func callAsFunction(
        _ encoder: FeatureEncoder, badSamples: BadSampleLog, progress: (Int) -> Void,
        body: (HostBatch, Tensor) throws -> Void
    ) throws -> Count {
        let loader = try BatchLoader(
            source: source,
            schedule: BatchSchedule(
                source: source, batchSize: batchSize, rank: ranks.rank, worldSize: ranks.size,
                shuffled: false, coverage: .everySample),
            preparation: preparation, epochs: 1, readerThreads: readerThreads,
            badRecords: .leaveOut(.share(1)), badSamples: badSamples)
        defer { loader.stop() }
        var count = Count()
        // Batches are counted over all ranks, which take turns.
        var place = ranks.rank
        while place < batchLimit ?? .max, let batch = try loader.next() {
            try body(batch, encoder.images(of: batch))
            count.images += batch.count
            place += ranks.size
            progress(min(source.count, count.images * ranks.size))
        }
        count.badImages = loader.badSampleCount
        count = Count(
            images: try ranks.gather(count.images).reduce(0, +),
            badImages: try ranks.gather(count.badImages).reduce(0, +))
        guard count.images > 0 else {
            let list = badSamples.path.map { "; the reasons are in \($0)" } ?? ""
            throw DataError(
                source.name, "none of the \(count.badImages) pictures could be read\(list)")
        }
        return count
    }
}
