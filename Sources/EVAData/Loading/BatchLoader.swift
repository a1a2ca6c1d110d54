/// Batches of numbered data, streams and mixtures, read ahead by threads.
///
/// What it delivers is a pure function of data, rank, preparation and position: the number of threads
/// and how often a run was resumed change nothing. Used by one consumer.
package final class BatchLoader: BatchSupply {
    /// Records that a share of bad ones is reckoned of at least, where nobody knows how many there
    /// are.
    private static let leastRecords = 10_000

    private let pipeline: BatchPipeline<SamplePreparation>
    private let name: String
    private let count: Int?
    // What is named in the list of bad samples; nil where that is many shards.
    private let files: [String]?
    private let shardCount: Int
    // Where the order of batches is planned; nil where batches go on over the ends of passes.
    private let schedule: BatchSchedule?
    private let imageSize: Int
    private let rule: BadRecordRule
    private let badSamples: BadSampleLog
    private var stream: StreamPosition
    private var counted = DataTally()
    // What damaged shards say of the number of samples, where nobody else does.
    private var estimatedCount = 0

    /// Where the next batch stands; a run that starts here goes on as this one would.
    package private(set) var position: BatchPosition
    package private(set) var waitSeconds = 0.0
    package var streamPosition: StreamPosition? { schedule == nil ? stream : nil }
    package var tally: DataTally {
        var tally = counted
        for (file, bad) in badSamples.files where files?.contains(file) ?? true {
            tally.noteBroken(file, broken: bad.broken, missing: bad.missing)
        }
        return tally
    }
    /// How many samples of this data could not be read, or are missing, so far.
    package var badSampleCount: Int {
        files.map { $0.reduce(0) { $0 + badSamples.count(in: $1) } } ?? badSamples.count
    }

    /// Starts to read a numbered data set by a plan, in which no batch holds samples of two epochs.
    ///
    /// - Parameters:
    ///   - source: The data.
    ///   - schedule: Which samples make up which batch.
    ///   - preparation: How samples become input of the model.
    ///   - start: Where to begin.
    ///   - epochs: Where to end: before this epoch; `nil` goes on for ever.
    ///   - readerThreads: Threads that read ahead; 0 reads when a batch is asked for.
    ///   - batchesAhead: Batches that are read ahead of the consumer at most.
    ///   - badRecords: What becomes of samples that cannot be read.
    ///   - badSamples: Where they are listed.
    /// - Throws: `DataError` when there is no sample.
    package convenience init(
        source: any SampleSource, schedule: BatchSchedule, preparation: SamplePreparation,
        start: BatchPosition = BatchPosition(), epochs: Int? = nil, readerThreads: Int,
        batchesAhead: Int = 2, badRecords: BadRecordRule, badSamples: BadSampleLog
    ) throws {
        var stream = StreamPosition(streamCount: 1)
        stream.cursors[0].pass = start.epoch
        stream.cursors[0].record = start.step * schedule.batchSize
        // A rank's part of a small evaluation can be empty.
        let passes = schedule.places(ofStep: 0).isEmpty ? 0 : epochs
        try self.init(
            StreamMixture(IndexedStream(source, schedule: schedule)), schedule: schedule,
            share: RankShare(rank: schedule.rank, worldSize: schedule.worldSize),
            batchSize: schedule.batchSize, preparation: preparation, stream: stream, start: start,
            passes: passes, readerThreads: readerThreads, batchesAhead: batchesAhead,
            rule: badRecords, badSamples: badSamples)
    }

    /// Starts to read a mixture, for ever; batches go on over the ends of passes.
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
    ///   - badRecords: What becomes of records that cannot be used; a share of them is one of the
    ///     samples, or, where their number is not known, of the records read so far and 10,000 at
    ///     least.
    ///   - badSamples: Where they are listed.
    /// - Throws: `DataError` when a stream has nothing for this rank, or `start` is of other data.
    package convenience init(
        mixture: StreamMixture, share: RankShare = RankShare(), batchSize: Int,
        preparation: SamplePreparation, start: StreamPosition? = nil, firstStep: Int = 0,
        readerThreads: Int, batchesAhead: Int = 2, badRecords: BadRecordRule,
        badSamples: BadSampleLog
    ) throws {
        try self.init(
            mixture, schedule: nil, share: share, batchSize: batchSize, preparation: preparation,
            stream: start ?? StreamPosition(streamCount: mixture.streams.count),
            start: BatchPosition(step: firstStep), passes: nil, readerThreads: readerThreads,
            batchesAhead: batchesAhead, rule: badRecords, badSamples: badSamples)
    }

    private init(
        _ mixture: StreamMixture, schedule: BatchSchedule?, share: RankShare, batchSize: Int,
        preparation: SamplePreparation, stream: StreamPosition, start: BatchPosition, passes: Int?,
        readerThreads: Int, batchesAhead: Int, rule: BadRecordRule, badSamples: BadSampleLog
    ) throws {
        name = mixture.name
        count = mixture.count
        let shards = mixture.streams.compactMap { $0 as? ShardStream }
        shardCount = shards.reduce(0) { $0 + $1.shards.count }
        files = shards.isEmpty ? mixture.streams.map(\.name) : nil
        imageSize = preparation.transform.imageSize
        self.schedule = schedule
        self.rule = rule
        self.badSamples = badSamples
        self.stream = stream
        position = start
        pipeline = BatchPipeline(
            reader: try mixture.makeReader(share: share, from: stream), work: preparation,
            batchSize: batchSize, start: start, endsBatchesWithPass: schedule != nil,
            passes: passes, capacity: max(batchesAhead, 1), fillsPlaces: rule.fillsPlaces,
            mostFailures: min(
                rule.limit.allowed(of: max(mixture.count ?? 0, Self.leastRecords)),
                Self.leastRecords),
            threadCount: max(readerThreads, 0))
        pipeline.startThreads()
    }

    deinit { pipeline.signalStop() }

    /// The next batch; `nil` at the end of the last epoch and after `stop`.
    ///
    /// Unreadable samples are listed here, in the order of the data, so that the list does not
    /// depend on how far the threads have read ahead.
    ///
    /// - Throws: `DataError` when more samples are unreadable than the limit allows, or the list of
    ///   them cannot be written. The loader is then stopped.
    package func next() throws -> HostBatch? {
        let clock = ContinuousClock()
        do {
            while true {
                let start = clock.now
                let delivery = pipeline.next()
                waitSeconds += (clock.now - start) / .seconds(1)
                guard let delivery else { return nil }
                // An evaluation's batch of nothing but unreadable samples is passed over.
                if let batch = try take(delivery), batch.count > 0 { return batch }
            }
        } catch {
            stop()
            throw error
        }
    }

    /// Ends the reader threads and waits until they have ended.
    package func stop() {
        pipeline.stop()
    }

    private func take(_ delivery: BatchPipeline<SamplePreparation>.Delivery) throws -> HostBatch? {
        switch delivery {
        case .batch(let read, let end):
            let start = streamPosition
            stream = end
            position =
                schedule?.position(after: read.position)
                ?? BatchPosition(step: read.position.step + 1)
            counted.add(read.tally)
            try note(read.failures)
            var batch = try read.batch(imageSize: imageSize, source: name)
            batch.streamStart = start
            return batch
        case .end:
            stop()
            return nil
        case .noneReadable(let name, let failures):
            try note(failures)
            throw DataError(name, "no sample is left that can be read")
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
                    + (incomplete > 0 ? ", \(incomplete) others lack a picture or a caption" : "")
                    + "; the last: \(last.reason)")
        case .failed(let error): throw error
        }
    }

    private func note(_ failures: [RecordFailure]) throws {
        for failure in failures {
            let expected = min(failure.shortage?.expected ?? 0, 1 << 32)
            estimatedCount = max(estimatedCount, shardCount * expected)
        }
        let known =
            count ?? max(stream.records + badSampleCount, estimatedCount, Self.leastRecords)
        let allowed = rule.limit.allowed(of: known)
        for failure in failures {
            try badSamples.note(
                failure.name.record, of: failure.name.file, reason: failure.reason,
                missing: failure.shortage?.missing ?? 0)
            if rule == .stop { throw DataError(name, failure.reason) }
            guard badSampleCount > allowed else { continue }
            let record =
                failure.name.file == name ? "record \(failure.name.record)" : "\(failure.name)"
            let list = badSamples.path.map { "; all are listed in \($0)" } ?? ""
            let missing = tally.total.missing > 0 ? " or are missing" : ""
            throw DataError(
                name,
                "\(badSampleCount) of \(known) samples cannot be read\(missing), more than the "
                    + "\(allowed) that --max_bad_samples \(rule.limit) allows; the last is "
                    + "\(record): \(failure.reason)\(list)")
        }
    }
}
