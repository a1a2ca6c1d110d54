import Foundation

/// What reader threads share: the batches being read, in the order in which they are handed out.
///
/// Threads take one sample at a time from the oldest batch that has any left, so the memory in use is
/// that of `capacity` batches whatever the number of threads, and the next batch is always the one
/// that all of them work on. What a sample becomes depends on its place alone, never on the thread.
final class ReaderPipeline: @unchecked Sendable {
    private let source: any SampleSource
    private let schedule: BatchSchedule
    private let preparation: SamplePreparation
    private let allowedFailures: Int
    private let capacity: Int
    private let epochs: Int?
    private let pool = PixelBuffer.Pool()

    // `condition` guards everything below, and is signalled when a batch is completed or handed
    // out, when a thread ends, and when all is stopped.
    private let condition = NSCondition()
    private var open: [BatchInProgress] = []
    private var nextPosition: BatchPosition
    private var isStopped = false
    // Whether every sample was tried in vain.
    private var isHopeless = false
    private var threadCount = 0

    init(
        source: any SampleSource, schedule: BatchSchedule, preparation: SamplePreparation,
        allowedFailures: Int, capacity: Int, start: BatchPosition, epochs: Int?
    ) {
        self.source = source
        self.schedule = schedule
        self.preparation = preparation
        self.allowedFailures = allowedFailures
        self.capacity = capacity
        self.epochs = epochs
        nextPosition = start
    }

    /// Starts threads that read ahead until the data ends or they are stopped.
    func startThreads(_ count: Int) {
        condition.withLock { threadCount = count }
        for number in 0..<count {
            let thread = Thread { self.readUntilStopped() }
            thread.name = "reader-\(number)"
            thread.start()
        }
    }

    /// Ends the threads after the sample that each is at, and waits for them.
    func stop() {
        signalStop()
        condition.withLock {
            while threadCount > 0 { condition.wait() }
            open = []
        }
    }

    /// Ends the threads without waiting.
    func signalStop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
        }
    }

    /// The next batch in order, read here and now when there are no threads; `nil` at the end.
    func nextBatch() -> BatchInProgress? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let first = open.first, first.isComplete {
                open.removeFirst()
                condition.broadcast()
                return first
            }
            if threadCount > 0 {
                guard !isStopped else { return nil }
                condition.wait()
            } else if let job = takeJob() {
                readOutsideLock(job)
            } else if open.isEmpty {
                return nil
            }
        }
    }

    private func readUntilStopped() {
        condition.lock()
        while !isStopped {
            if let job = takeJob() {
                readOutsideLock(job)
            } else if open.isEmpty, isAtEnd {
                break
            } else {
                condition.wait()
            }
        }
        threadCount -= 1
        condition.broadcast()
        condition.unlock()
    }

    private typealias Job = (batch: BatchInProgress, slot: Int)

    private var isAtEnd: Bool {
        guard let epochs else { return false }
        return nextPosition.epoch >= epochs
    }

    /// The next sample to read; `nil` when enough is read ahead, or at the end.
    private func takeJob() -> Job? {
        guard !isStopped else { return nil }
        for batch in open {
            if let slot = batch.takeSlot() { return (batch, slot) }
        }
        while open.count < capacity, !isAtEnd {
            let batch = openBatch()
            // A rank's part of the last batch of an evaluation can be empty, and complete at once.
            if let slot = batch.takeSlot() { return (batch, slot) }
            condition.broadcast()
        }
        return nil
    }

    private func openBatch() -> BatchInProgress {
        let position = nextPosition
        nextPosition = schedule.position(after: position)
        let slotCount = schedule.places(ofStep: position.step).count
        let batch = BatchInProgress(
            position: position, slotCount: slotCount,
            pixels: pool.buffer(count: slotCount * preparation.pictureCount))
        open.append(batch)
        return batch
    }

    /// Reads one sample; called with the lock held, which is let go of meanwhile.
    private func readOutsideLock(_ job: Job) {
        // More failures than are allowed stop the run, so trying on would be in vain; and where one
        // place found no sample, all samples were tried, and no other need try again.
        let mostAttempts =
            schedule.coverage == .fullBatches && !isHopeless
            ? min(allowedFailures + 1, schedule.sampleCount) : 1
        condition.unlock()
        let outcome = read(job.batch, slot: job.slot, attempts: mostAttempts)
        condition.lock()
        if outcome.result == nil, schedule.coverage == .fullBatches { isHopeless = true }
        job.batch.finish(job.slot, outcome)
        if job.batch.isComplete { condition.broadcast() }
    }

    private func read(_ batch: BatchInProgress, slot: Int, attempts: Int) -> BatchInProgress.Slot {
        let place = schedule.places(ofStep: batch.position.step).lowerBound + slot
        let order = schedule.order(epoch: batch.position.epoch)
        let width = preparation.pictureCount
        var failures: [BatchInProgress.Failure] = []
        for attempt in 0..<attempts {
            let index = order[schedule.place(for: place, attempt: attempt)]
            let name = SampleName(file: source.name, record: index)
            do {
                let result = try batch.pixels.fill(slot * width..<(slot + 1) * width) { pixels in
                    try preparation.prepare(
                        source.sample(at: index), index: index, epoch: batch.position.epoch,
                        name: "\(name)", into: pixels)
                }
                var tally = DataTally()
                tally.noteRead(
                    source.name, pass: batch.position.epoch, hasEmptyText: result.hasEmptyText)
                return .init(
                    index: index, name: name, result: result, failures: failures, tally: tally)
            } catch {
                failures.append(.init(name: name, reason: "\(error)"))
            }
        }
        let index = order[place]
        return .init(
            index: index, name: SampleName(file: source.name, record: index), result: nil,
            failures: failures)
    }
}
