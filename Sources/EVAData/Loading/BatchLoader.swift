/// Batches of a data set in order, read ahead by threads.
///
/// What it delivers is a pure function of source, schedule, preparation and position: the number of
/// threads and how often a run was resumed change nothing. Used by one consumer.
package final class BatchLoader {
    private let pipeline: ReaderPipeline
    private let source: any SampleSource
    private let schedule: BatchSchedule
    private let imageSize: Int
    private let limit: BadSampleLimit
    private let badSamples: BadSampleLog

    private var counted = DataTally()

    /// Where the next batch stands; a run that starts here goes on as this one would.
    package private(set) var position: BatchPosition
    /// How long the consumer has waited for batches, reading on its own thread included.
    package private(set) var waitSeconds = 0.0
    /// What became of the samples so far.
    package var tally: DataTally {
        var tally = counted
        let bad = badSamples.files[source.name] ?? BadSampleLog.Counts()
        tally.noteBroken(source.name, broken: bad.broken, missing: bad.missing)
        return tally
    }
    /// How many samples of this source could not be read so far.
    package var badSampleCount: Int { badSamples.count(in: source.name) }

    /// Starts reading.
    ///
    /// - Parameters:
    ///   - source: The data.
    ///   - schedule: Which samples make up which batch.
    ///   - preparation: How samples become input of the model.
    ///   - start: Where to begin.
    ///   - epochs: Where to end: before this epoch; `nil` goes on for ever.
    ///   - readerThreads: Threads that read ahead; 0 reads when a batch is asked for.
    ///   - batchesAhead: Batches that are read ahead of the consumer at most.
    ///   - limit: How many samples may be unreadable.
    ///   - badSamples: Where unreadable samples are listed.
    package init(
        source: any SampleSource, schedule: BatchSchedule, preparation: SamplePreparation,
        start: BatchPosition = BatchPosition(), epochs: Int? = nil, readerThreads: Int,
        batchesAhead: Int = 2, limit: BadSampleLimit = .standard, badSamples: BadSampleLog
    ) {
        self.source = source
        self.schedule = schedule
        self.limit = limit
        self.badSamples = badSamples
        imageSize = preparation.transform.imageSize
        position = start
        pipeline = ReaderPipeline(
            source: source, schedule: schedule, preparation: preparation,
            allowedFailures: limit.allowed(of: source.count), capacity: max(batchesAhead, 1),
            start: start, epochs: epochs)
        pipeline.startThreads(max(readerThreads, 0))
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
                let read = pipeline.nextBatch()
                waitSeconds += (clock.now - start) / .seconds(1)
                guard let read else { return nil }
                position = schedule.position(after: read.position)
                counted.add(read.tally)
                try note(read.failures)
                let batch = try read.batch(imageSize: imageSize, source: source.name)
                if schedule.coverage == .fullBatches, batch.count < read.slotCount {
                    throw DataError(source.name, "no sample is left that can be read")
                }
                // An evaluation's batch of nothing but unreadable samples is passed over.
                if batch.count > 0 { return batch }
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

    private func note(_ failures: [BatchInProgress.Failure]) throws {
        for failure in failures {
            try badSamples.note(
                failure.name.record, of: failure.name.file, reason: failure.reason)
            let allowed = limit.allowed(of: source.count)
            guard badSampleCount > allowed else { continue }
            if limit == .everySample { throw DataError(source.name, failure.reason) }
            let list = badSamples.path.map { "; all are listed in \($0)" } ?? ""
            throw DataError(
                source.name,
                "\(badSampleCount) of \(source.count) samples cannot be read, more than the "
                    + "\(allowed) that --max_bad_samples \(limit) allows; the last is record "
                    + "\(failure.name.record): \(failure.reason)\(list)")
        }
    }
}
