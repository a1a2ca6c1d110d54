import Foundation

/// What the reader threads of a stream share: records being prepared, and batches being filled.
///
/// One thread at a time takes the next record off the stream; all of them prepare records side by
/// side; those that are ready are put into batches in the order of the stream, past those that cannot
/// be used. So batches are the same for any number of threads.
final class StreamPipeline: @unchecked Sendable {
    /// What comes out.
    enum Delivery {
        /// A full batch, and where the stream goes on after it.
        case batch(BatchInProgress, StreamPosition)
        /// So many records in a row could not be used, or all in a whole pass, that it makes no sense
        /// to go on.
        case exhausted([BatchInProgress.Failure], DataTally)
        /// The stream cannot be read.
        case failed(any Error)
    }

    private final class Item {
        let record: StreamRecord
        let position: StreamPosition
        let pixels: PixelBuffer
        var outcome: Result<SamplePreparation.Result, any Error>?

        init(_ record: StreamRecord, position: StreamPosition, pixels: PixelBuffer) {
            self.record = record
            self.position = position
            self.pixels = pixels
        }
    }

    private struct Placement {
        var item: Item
        var result: SamplePreparation.Result
        var batch: BatchInProgress
        var slot: Int
        var failures: [BatchInProgress.Failure]
        var tally: DataTally
    }

    private let preparation: SamplePreparation
    private let batchSize: Int
    private let capacity: Int
    private let mostFailures: Int
    private let queueLimit: Int
    private let batchPool = PixelBuffer.Pool()
    private let itemPool: PixelBuffer.Pool

    // `condition` guards everything below, and is signalled at every change. The reader is used by
    // the thread that has set `isFeeding`.
    private let condition = NSCondition()
    private let reader: StreamMixture.Reader
    private var isFeeding = false
    private var queue: [Item] = []
    private var open: [(batch: BatchInProgress, placed: Int, end: StreamPosition?)] = []
    // What became of the records since the last that could be used.
    private var failures: [BatchInProgress.Failure] = []
    private var tally = DataTally()
    // The pass of each stream after the last record that could be used.
    private var usefulPasses: [Int]
    private var nextStep: Int
    private var ending: Delivery?
    private var isStopped = false
    private var threadCount: Int

    /// - Parameters:
    ///   - reader: Where records come from.
    ///   - preparation: How they become input of the model.
    ///   - batchSize: Samples of a batch.
    ///   - firstStep: The number of the first batch.
    ///   - capacity: Batches that are read ahead of the consumer at most.
    ///   - mostFailures: Records in a row that may be unusable.
    ///   - threadCount: Threads that will be started.
    init(
        reader: StreamMixture.Reader, preparation: SamplePreparation, batchSize: Int,
        firstStep: Int, capacity: Int, mostFailures: Int, threadCount: Int
    ) {
        self.reader = reader
        self.preparation = preparation
        self.batchSize = batchSize
        self.capacity = capacity
        self.mostFailures = mostFailures
        self.threadCount = threadCount
        usefulPasses = reader.position.cursors.map(\.pass)
        nextStep = firstStep
        // A slow record at the front holds the others up, so that a few more than threads wait.
        queueLimit = 4 * max(threadCount, 1)
        itemPool = PixelBuffer.Pool(limit: queueLimit)
    }

    /// Starts the threads.
    func startThreads() {
        for number in 0..<threadCount {
            let thread = Thread { self.readUntilStopped() }
            thread.name = "reader-\(number)"
            thread.start()
        }
    }

    /// Ends the threads after the record that each is at, and waits for them.
    func stop() {
        signalStop()
        condition.withLock {
            while threadCount > 0 { condition.wait() }
            open = []
            queue = []
        }
    }

    /// Ends the threads without waiting.
    func signalStop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
        }
    }

    /// The next batch, read here and now when there are no threads; `nil` after `stop`.
    func next() -> Delivery? {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped {
            if let first = open.first, first.batch.isComplete, let end = first.end {
                open.removeFirst()
                condition.broadcast()
                return .batch(first.batch, end)
            }
            let isFilling = open.first.map { $0.placed == batchSize } ?? false
            if let ending, queue.isEmpty, !isFeeding, !isFilling { return ending }
            if threadCount > 0 {
                condition.wait()
            } else {
                readOne()
            }
        }
        return nil
    }

    private func readUntilStopped() {
        condition.lock()
        while !isStopped {
            if mayFeed { readOne() } else { condition.wait() }
        }
        threadCount -= 1
        condition.broadcast()
        condition.unlock()
    }

    private var mayFeed: Bool {
        guard !isFeeding, ending == nil, queue.count < queueLimit else { return false }
        return queue.count + open.reduce(0) { $0 + $1.placed } < capacity * batchSize
    }

    /// Takes a record off the stream, prepares it, and places what is ready; called with the lock
    /// held, which is let go of meanwhile.
    private func readOne() {
        isFeeding = true
        condition.unlock()
        let next = Result { try reader.next() }
        let position = reader.position
        let buffer = itemPool.buffer(count: preparation.pictureCount)
        condition.lock()
        isFeeding = false
        condition.broadcast()
        let item: Item
        switch next {
        case .success(let record): item = Item(record, position: position, pixels: buffer)
        case .failure(let error):
            if ending == nil { ending = .failed(error) }
            return
        }
        queue.append(item)
        condition.unlock()
        let outcome = prepare(item)
        condition.lock()
        item.outcome = outcome
        let placements = placeReadyItems()
        condition.unlock()
        for placement in placements { copy(placement) }
        condition.lock()
        for placement in placements {
            placement.batch.finish(
                placement.slot,
                .init(
                    index: placement.item.record.key, name: placement.item.record.name,
                    result: placement.result, failures: placement.failures,
                    tally: placement.tally))
        }
        condition.broadcast()
    }

    private func prepare(_ item: Item) -> Result<SamplePreparation.Result, any Error> {
        let record = item.record
        return Result {
            try item.pixels.fill(0..<preparation.pictureCount) { pixels in
                try preparation.prepare(
                    record.sample(), index: record.key, epoch: record.pass,
                    name: "\(record.name)", into: pixels)
            }
        }
    }

    /// Gives the records at the front of the queue that are ready their places; called with the lock
    /// held.
    private func placeReadyItems() -> [Placement] {
        var placements: [Placement] = []
        while let item = queue.first, let outcome = item.outcome {
            queue.removeFirst()
            let record = item.record
            if record.repeatsKey { tally.noteRepeatedKey(record.name.file, pass: record.pass) }
            switch outcome {
            case .success(let result):
                tally.noteRead(
                    record.name.file, pass: record.pass, hasEmptyText: result.hasEmptyText)
                usefulPasses = item.position.cursors.map(\.pass)
                placements.append(place(item, result))
            case .failure(let error):
                note(error, of: record)
                let passes = item.position.cursors.map(\.pass)
                let isWholePass = zip(usefulPasses, passes).allSatisfy { $0 + 2 <= $1 }
                if failures.count > mostFailures || isWholePass, ending == nil {
                    ending = .exhausted(failures, tally)
                }
            }
        }
        return placements
    }

    private func note(_ error: any Error, of record: StreamRecord) {
        var failure = BatchInProgress.Failure(name: record.name, reason: "\(error)")
        switch error as? UnusableRecord {
        case .incomplete:
            return tally.noteIncomplete(record.name.file, pass: record.pass)
        case .short(let shortage):
            return tally.noteMissing(record.name.file, shortage)
        case .lost(let shortage, _):
            tally.noteMissing(record.name.file, shortage)
            failure.shortage = shortage
        case nil: break
        }
        failures.append(failure)
    }

    private func place(_ item: Item, _ result: SamplePreparation.Result) -> Placement {
        if open.last.map({ $0.placed == batchSize }) ?? true {
            let batch = BatchInProgress(
                position: BatchPosition(step: nextStep), slotCount: batchSize,
                pixels: batchPool.buffer(count: batchSize * preparation.pictureCount))
            open.append((batch, 0, nil))
            nextStep += 1
        }
        let last = open.count - 1
        let slot = open[last].placed
        open[last].placed += 1
        if open[last].placed == batchSize { open[last].end = item.position }
        defer {
            failures = []
            tally = DataTally()
        }
        return Placement(
            item: item, result: result, batch: open[last].batch, slot: slot, failures: failures,
            tally: tally)
    }

    private func copy(_ placement: Placement) {
        let width = preparation.pictureCount
        placement.item.pixels.withUnsafeBufferPointer { source in
            placement.batch.pixels.fill(placement.slot * width..<(placement.slot + 1) * width) {
                _ = $0.update(fromContentsOf: source)
            }
        }
    }
}
