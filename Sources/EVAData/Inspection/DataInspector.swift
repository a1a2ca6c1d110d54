package import EVAImaging
package import EVATokenizer

/// Reads everything that training would read of a data set, and tells what it is and what is broken.
///
/// Samples are read by several threads, and looked at in the order of the data: memory does not grow
/// with the data, and the result does not depend on the threads.
package struct DataInspector {
    private static let batchSize = 64

    private let streams: [any SampleStream]
    private let work: SampleInspection
    private let threads: Int

    /// - Parameters:
    ///   - streams: The data, read one after another.
    ///   - tokenizer: What texts are given to.
    ///   - threads: How many samples are read at once.
    ///   - limits: The largest pictures that are decoded.
    package init(
        streams: [any SampleStream], tokenizer: CLIPTokenizer, threads: Int,
        limits: ImageLimits = ImageLimits()
    ) {
        self.streams = streams
        self.threads = max(1, threads)
        work = SampleInspection(tokenizer: tokenizer, limits: limits)
    }

    /// Reads every sample once.
    ///
    /// - Parameters:
    ///   - badSamples: Where samples that cannot be read are listed.
    ///   - broken: Receives the file or data set of each of them, its number there, and the reason.
    ///   - progress: Receives how many samples have been read.
    /// - Throws: `DataError` when there is nothing to read, or when the list cannot be written.
    package func run(
        badSamples: BadSampleLog,
        broken: (_ file: String, _ record: Int, _ reason: String) -> Void = { _, _, _ in },
        progress: (Int) -> Void = { _ in }
    ) throws -> DataStatistics {
        var statistics = DataStatistics()
        var recordCount = 0
        let start = ContinuousClock.now
        for stream in streams {
            try forEachBatch(of: stream) { batch in
                statistics.tally.add(batch.tally)
                for slot in batch.slots {
                    for failure in slot?.failures ?? [] {
                        statistics.add(failure)
                        let name = failure.name
                        try badSamples.note(
                            name.record, of: name.file, reason: failure.reason,
                            missing: failure.shortage?.missing ?? 0)
                        broken(name.file, name.record, failure.reason)
                    }
                    if let facts = slot?.result { statistics.add(facts) }
                }
                recordCount += batch.slots.count
                progress(recordCount)
            }
        }
        for (file, bad) in badSamples.files {
            statistics.tally.noteBroken(file, broken: bad.broken, missing: bad.missing)
        }
        statistics.seconds = (ContinuousClock.now - start) / .seconds(1)
        return statistics
    }

    /// Reads the first pass of a stream.
    private func forEachBatch(
        of stream: any SampleStream,
        _ body: (BatchInProgress<DataStatistics.Facts>) throws -> Void
    ) throws {
        let reader = try StreamMixture(stream).makeReader(
            share: RankShare(), from: StreamPosition(streamCount: 1))
        let pipeline = BatchPipeline(
            reader: reader, work: work, batchSize: Self.batchSize, start: BatchPosition(),
            endsBatchesWithPass: true, passes: 1, capacity: 2 + threads / 4, fillsPlaces: false,
            mostFailures: 0, threadCount: threads)
        pipeline.startThreads()
        defer { pipeline.stop() }
        while let delivery = pipeline.next() {
            switch delivery {
            case .batch(let batch, _): try body(batch)
            case .failed(let error): throw error
            case .end, .noneReadable, .exhausted: return
            }
        }
    }
}
