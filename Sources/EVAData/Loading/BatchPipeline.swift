import Foundation

/// What reader threads share: records being prepared, and batches being filled.
///
/// One thread at a time takes the next record off the stream; all of them prepare records side by
/// side; those that are ready are put into batches in the order of the stream. What a record becomes
/// depends on its place alone, so that batches are the same for any number of threads, and the memory
/// in use is that of `capacity` batches.
final class BatchPipeline<Work: SampleWork>: @unchecked Sendable {
    typealias Batch = BatchInProgress<Work.Result>

    /// What comes out.
    enum Delivery {
        /// A batch, and where the stream goes on after it.
        case batch(Batch, StreamPosition)
        /// The passes that were asked for are over.
        case end
        /// Of the data set of this name every sample was tried in vain.
        case noneReadable(String, [RecordFailure])
        /// So many records in a row could not be used, or all in a whole pass, that it makes no sense
        /// to go on.
        case exhausted([RecordFailure], DataTally)
        /// The stream cannot be read.
        case failed(any Error)
    }

    /// What became of a record, or of those that were tried in its place.
    private struct Outcome {
        /// The record that was tried last.
        var record: StreamRecord
        var result: Work.Result?
        var faults: [(record: StreamRecord, error: any Error)] = []
        /// Whether every record of its data set was tried in vain.
        var isHopeless = false
    }

    private final class Item {
        let record: StreamRecord
        let position: StreamPosition
        let pixels: PixelBuffer
        var outcome: Outcome?

        init(_ record: StreamRecord, position: StreamPosition, pixels: PixelBuffer) {
            self.record = record
            self.position = position
            self.pixels = pixels
        }
    }

    private struct Placement {
        var pixels: PixelBuffer
        var batch: Batch
        var place: Int
        var slot: Batch.Slot
    }

    private struct OpenBatch {
        let batch: Batch
        let pass: Int
        var placed = 0
        // Where the stream goes on after what was placed last.
        var end: StreamPosition

        var isFull: Bool { placed == batch.slotCount }
    }

    private let work: Work
    private let batchSize: Int
    private let endsBatchesWithPass: Bool
    private let passes: Int?
    private let capacity: Int
    private let fillsPlaces: Bool
    private let mostFailures: Int
    private let queueLimit: Int
    private let batchPool = PixelBuffer.Pool()
    private let itemPool: PixelBuffer.Pool

    // `condition` guards everything below, and is signalled at every change. The reader is used by
    // the thread that has set `isFeeding`.
    private let condition = NSCondition()
    private let reader: StreamMixture.Reader
    private var isFeeding = false
    // Whether no further record is taken off the stream: the passes are over, or trying is in vain.
    private var isFedUp = false
    private var queue: [Item] = []
    private var open: [OpenBatch] = []
    // What became of the records since the last that has a place.
    private var failures: [RecordFailure] = []
    private var tally = DataTally()
    // The pass of each stream after the last record that could be used.
    private var usefulPasses: [Int]
    private var nextPosition: BatchPosition
    private var ending: Delivery?
    private var isStopped = false
    private var threadCount: Int
    private var threads: [Thread] = []

    /// - Parameters:
    ///   - reader: Where records come from.
    ///   - work: What is made of them.
    ///   - batchSize: Samples of a batch.
    ///   - start: The position of the first batch.
    ///   - endsBatchesWithPass: Whether no batch goes on over the end of a pass, and batches are
    ///     counted by pass; of one stream.
    ///   - passes: The number of the pass before which to end; `nil` goes on for ever.
    ///   - capacity: Batches that are read ahead of the consumer at most.
    ///   - fillsPlaces: Whether another record takes the place of one that cannot be used; otherwise
    ///     the place stays empty.
    ///   - mostFailures: Records in a row that may be unusable where places are filled.
    ///   - threadCount: Threads that will be started.
    init(
        reader: StreamMixture.Reader, work: Work, batchSize: Int,
        start: BatchPosition, endsBatchesWithPass: Bool, passes: Int?, capacity: Int,
        fillsPlaces: Bool, mostFailures: Int, threadCount: Int
    ) {
        self.reader = reader
        self.work = work
        self.batchSize = batchSize
        self.endsBatchesWithPass = endsBatchesWithPass
        self.passes = passes
        self.capacity = capacity
        self.fillsPlaces = fillsPlaces
        self.mostFailures = mostFailures
        self.threadCount = threadCount
        usefulPasses = reader.position.cursors.map(\.pass)
        nextPosition = start
        // A slow record at the front holds the others up, so that a few more than threads wait.
        queueLimit = 4 * max(threadCount, 1)
        itemPool = PixelBuffer.Pool(limit: queueLimit)
        if let passes, usefulPasses.allSatisfy({ $0 >= passes }) { ending = .end }
    }

    /// Starts the threads.
    func startThreads() {
        for number in 0..<threadCount {
            let thread = Thread { self.readUntilStopped() }
            thread.name = "reader-\(number)"
            condition.withLock { threads.append(thread) }
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
            // What waits for a server gives up.
            for thread in threads { thread.cancel() }
            condition.broadcast()
        }
    }

    /// The next batch, read here and now when there are no threads; `nil` after `stop`.
    func next() -> Delivery? {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped {
            if let first = open.first, first.batch.isComplete {
                open.removeFirst()
                condition.broadcast()
                return .batch(first.batch, first.end)
            }
            let isFilling = open.first?.isFull ?? false
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
        while !isStopped, ending == nil {
            if mayFeed { readOne() } else { condition.wait() }
        }
        threadCount -= 1
        // A thread holds what it runs, and so this.
        threads.removeAll { $0 === Thread.current }
        condition.broadcast()
        condition.unlock()
    }

    private var mayFeed: Bool {
        guard !isFeeding, !isFedUp, ending == nil, queue.count < queueLimit else { return false }
        return queue.count + open.reduce(0) { $0 + $1.placed } < capacity * batchSize
    }

    /// Takes a record off the stream, prepares it, and places what is ready; called with the lock
    /// held, which is let go of meanwhile.
    private func readOne() {
        isFeeding = true
        condition.unlock()
        let next = Result { try reader.next() }
        let position = reader.position
        condition.lock()
        isFeeding = false
        condition.broadcast()
        let record: StreamRecord
        switch next {
        case .success(let read): record = read
        case .failure(let error):
            if ending == nil { ending = .failed(error) }
            return
        }
        if let passes, record.pass >= passes {
            isFedUp = true
            return endIfRead()
        }
        let item = Item(
            record, position: position, pixels: itemPool.buffer(count: work.pictureCount))
        queue.append(item)
        condition.unlock()
        let outcome = prepare(item)
        condition.lock()
        item.outcome = outcome
        if outcome.isHopeless { isFedUp = true }
        let placements = placeReadyItems()
        condition.unlock()
        for placement in placements where placement.slot.result != nil { copy(placement) }
        condition.lock()
        for placement in placements { placement.batch.finish(placement.place, placement.slot) }
        endIfRead()
        condition.broadcast()
    }

    /// Ends the last batch with the last pass; called with the lock held.
    private func endIfRead() {
        guard isFedUp, ending == nil, queue.isEmpty else { return }
        closeLastBatch()
        ending = .end
    }

    private func closeLastBatch() {
        guard let last = open.last, !last.isFull else { return }
        last.batch.close(at: last.placed)
    }

    /// Prepares a record or, where its place is to be filled, another that the stream has for it.
    private func prepare(_ item: Item) -> Outcome {
        var outcome = Outcome(record: item.record)
        while true {
            let record = outcome.record
            do {
                outcome.result = try item.pixels.fill(0..<work.pictureCount) { pixels in
                    try work.prepare(
                        record.sample(), index: record.key, epoch: record.pass,
                        name: "\(record.name)", into: pixels)
                }
                return outcome
            } catch {
                outcome.faults.append((record, error))
            }
            guard fillsPlaces, outcome.faults.count <= mostFailures,
                let substitute = item.record.substitute
            else { return outcome }
            guard let other = substitute(outcome.faults.count) else {
                outcome.isHopeless = true
                return outcome
            }
            outcome.record = other
        }
    }

    /// Gives the records at the front of the queue that are ready their places; called with the lock
    /// held.
    private func placeReadyItems() -> [Placement] {
        var placements: [Placement] = []
        while let item = queue.first, let outcome = item.outcome {
            queue.removeFirst()
            let record = outcome.record
            if item.record.repeatsKey {
                tally.noteRepeatedKey(item.record.name.file, pass: item.record.pass)
            }
            for fault in outcome.faults { note(fault.error, of: fault.record) }
            if let result = outcome.result {
                tally.noteRead(
                    record.name.file, pass: record.pass, hasEmptyText: result.hasEmptyText)
                usefulPasses = item.position.cursors.map(\.pass)
            }
            if outcome.result != nil || !fillsPlaces {
                placements.append(place(item, outcome))
                continue
            }
            guard ending == nil else { continue }
            let passes = item.position.cursors.map(\.pass)
            let isWholePass = zip(usefulPasses, passes).allSatisfy { $0 + 2 <= $1 }
            if outcome.isHopeless {
                ending = .noneReadable(record.name.file, failures)
            } else if failures.count > mostFailures || isWholePass {
                ending = .exhausted(failures, tally)
            }
        }
        return placements
    }

    private func note(_ error: any Error, of record: StreamRecord) {
        var failure = RecordFailure(name: record.name, reason: "\(error)")
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

    private func place(_ item: Item, _ outcome: Outcome) -> Placement {
        let pass = item.record.pass
        if endsBatchesWithPass, let last = open.last, last.pass != pass { closeLastBatch() }
        if open.last?.isFull ?? true { openBatch(pass: pass, end: item.position) }
        let last = open.count - 1
        let place = open[last].placed
        open[last].placed += 1
        open[last].end = item.position
        defer {
            failures = []
            tally = DataTally()
        }
        return Placement(
            pixels: item.pixels, batch: open[last].batch, place: place,
            slot: .init(
                index: outcome.record.key, name: outcome.record.name, result: outcome.result,
                failures: failures, tally: tally))
    }

    private func openBatch(pass: Int, end: StreamPosition) {
        if endsBatchesWithPass, pass != nextPosition.epoch {
            nextPosition = BatchPosition(epoch: pass)
        }
        let batch = Batch(
            position: nextPosition, slotCount: batchSize,
            pixels: batchPool.buffer(count: batchSize * work.pictureCount))
        open.append(OpenBatch(batch: batch, pass: pass, end: end))
        nextPosition.step += 1
    }

    private func copy(_ placement: Placement) {
        let width = work.pictureCount
        placement.pixels.withUnsafeBufferPointer { source in
            placement.batch.pixels.fill(placement.place * width..<(placement.place + 1) * width) {
                _ = $0.update(fromContentsOf: source)
            }
        }
    }
}
