package import EVAData
internal import Torch

/// How a data set's pictures are gone through once and encoded.
package struct PicturePass {
    /// The pictures.
    package let source: any SampleSource
    private let preparation: SamplePreparation
    private let batchSize: Int
    private let batchLimit: Int?
    private let readerThreads: Int

    /// Describes a pass.
    ///
    /// - Parameters:
    ///   - source: the pictures.
    ///   - preparation: how they are prepared; the evaluation transform of the model.
    ///   - batchSize: pictures that are in the model at once.
    ///   - batchLimit: batches after which the pass ends; nil for all.
    ///   - readerThreads: threads that prepare pictures; 0 prepares them in between.
    package init(
        _ source: any SampleSource, preparation: SamplePreparation, batchSize: Int,
        batchLimit: Int? = nil, readerThreads: Int
    ) {
        self.source = source
        self.preparation = preparation
        self.batchSize = batchSize
        self.batchLimit = batchLimit
        self.readerThreads = readerThreads
    }

    /// What a pass went through.
    struct Count {
        /// Pictures that were encoded.
        var images = 0
        /// Pictures that could not be read.
        var badImages = 0
    }

    /// Encodes the pictures batch by batch; one that cannot be read is listed and left out.
    ///
    /// - Parameters:
    ///   - encoder: the model.
    ///   - badSamples: where unreadable pictures are listed.
    ///   - progress: called after each batch with the number of pictures done.
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
                source: source, batchSize: batchSize, shuffled: false, coverage: .everySample),
            preparation: preparation, epochs: 1, readerThreads: readerThreads,
            badRecords: .leaveOut(.share(1)), badSamples: badSamples)
        defer { loader.stop() }
        var count = Count()
        var batchCount = 0
        while batchCount < batchLimit ?? .max, let batch = try loader.next() {
            try body(batch, encoder.images(of: batch))
            count.images += batch.count
            batchCount += 1
            progress(count.images)
        }
        count.badImages = loader.badSampleCount
        guard count.images > 0 else {
            let list = badSamples.path.map { "; the reasons are in \($0)" } ?? ""
            throw DataError(
                source.name, "none of the \(count.badImages) pictures could be read\(list)")
        }
        return count
    }
}
