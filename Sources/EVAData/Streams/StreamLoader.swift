/// Batches of streams, read ahead by threads.
///
/// What it delivers is a pure function of mixture, rank, preparation and position: the number of
/// threads and how often a run was resumed change nothing. Every batch is full; a record that cannot
/// be used is passed over and listed. Used by one consumer.
package final class StreamLoader: BatchSupply {
    /// Records that a share of bad ones is reckoned of at least, where nobody knows how many there
    /// are.
    private static let leastRecords = 10_000

    private let pipeline: StreamPipeline
    private let name: String
    private let count: Int?
    private let shardCount: Int
    private let imageSize: Int
    private let limit: BadSampleLimit
    private let badSamples: BadSampleLog
    private var position: StreamPosition
    private var counted = DataTally()
    // What damaged shards say of the number of samples, where nobody else does.
    private var estimatedCount = 0

    package private(set) var waitSeconds = 0.0
    package var streamPosition: StreamPosition? { position }
    package var tally: DataTally {
        var tally = counted
        for (file, bad) in badSamples.files {
            tally.noteBroken(file, broken: bad.broken, missing: bad.missing)
        }
        return tally
    }

    /// Starts reading.
    ///
    /// - Parameters:
    ///   - mixture: The data.
    ///   - share: Which of the ranks that share the data this is.
    ///   - batchSize: Samples of one batch on one rank.
    ///   - preparation: How samples become input of the model.
    ///   - start: Where to begin; `nil` at the beginning.
    ///   - firstStep: The number of the first batch.
    ///   - readerThreads: Threads that read ahead; 0 reads when a batch is asked for.
    ///   - batchesAhead: Batches that are read ahead of the consumer at most.
    ///   - limit: How many records may be unusable; a share is one of the samples, or, where their
    ///     number is not known, of the records read so far and 10,000 at least.
    ///   - badSamples: Where unusable records are listed.
    /// - Throws: `DataError` when a stream has nothing for this rank, or `start` is of other data.
    package init(
        mixture: StreamMixture, share: RankShare = RankShare(), batchSize: Int,
        preparation: SamplePreparation, start: StreamPosition? = nil, firstStep: Int = 0,
        readerThreads: Int, batchesAhead: Int = 2, limit: BadSampleLimit = .standard,
        badSamples: BadSampleLog
    ) throws {
        position = start ?? StreamPosition(streamCount: mixture.streams.count)
        name = mixture.name
        count = mixture.count
        shardCount = mixture.streams.reduce(0) { $0 + (($1 as? ShardStream)?.shards.count ?? 0) }
        imageSize = preparation.transform.imageSize
        self.limit = limit
        self.badSamples = badSamples
        pipeline = StreamPipeline(
            reader: try mixture.makeReader(share: share, from: position),
            preparation: preparation, batchSize: batchSize, firstStep: firstStep,
            capacity: max(batchesAhead, 1),
            mostFailures: min(
                limit.allowed(of: max(mixture.count ?? 0, Self.leastRecords)), Self.leastRecords),
            threadCount: max(readerThreads, 0))
        pipeline.startThreads()
    }

    deinit { pipeline.signalStop() }

    package func next() throws -> HostBatch? {
        let clock = ContinuousClock()
        let start = clock.now
        let delivery = pipeline.next()
        waitSeconds += (clock.now - start) / .seconds(1)
        guard let delivery else { return nil }
        do {
            switch delivery {
            case .batch(let read, let end):
                let start = position
                position = end
                counted.add(read.tally)
                try note(read.failures)
                var batch = try read.batch(imageSize: imageSize, source: name)
                batch.streamStart = start
                return batch
            case .exhausted(let failures, let tally):
                counted.add(tally)
                try note(failures)
                let incomplete = tally.total.incomplete
                guard let last = failures.last else {
                    throw DataError(
                        name,
                        "in a whole pass over the data no record has both a picture and a caption; "
                            + "\(incomplete) lack one of them")
                }
                throw DataError(
                    name,
                    "\(failures.count) records one after the other cannot be used"
                        + (incomplete > 0
                            ? ", \(incomplete) others lack a picture or a caption" : "")
                        + "; the last: \(last.reason)")
            case .failed(let error): throw error
            }
        } catch {
            stop()
            throw error
        }
    }

    package func stop() {
        pipeline.stop()
    }

    private func note(_ failures: [BatchInProgress.Failure]) throws {
        for failure in failures {
            try badSamples.note(
                failure.name.record, of: failure.name.file, reason: failure.reason,
                missing: failure.shortage?.missing ?? 0)
            let expected = min(failure.shortage?.expected ?? 0, 1 << 32)
            estimatedCount = max(estimatedCount, shardCount * expected)
        }
        guard let last = failures.last else { return }
        let known =
            count ?? max(position.records + badSamples.count, estimatedCount, Self.leastRecords)
        let allowed = limit.allowed(of: known)
        guard badSamples.count > allowed else { return }
        let list = badSamples.path.map { "; all are listed in \($0)" } ?? ""
        throw DataError(
            name,
            "\(badSamples.count) of \(known) records cannot be used or are missing, more than the "
                + "\(allowed) that --max_bad_samples \(limit) allows; the last: "
                + "\(last.reason)\(list)")
    }
}
