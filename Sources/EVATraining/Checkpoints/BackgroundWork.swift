internal import Foundation

/// Work on a thread of its own, one piece at a time, whose failure waits to be asked for.
final class BackgroundWork: @unchecked Sendable {
    // Guards everything below, and is signalled when work ends.
    private let condition = NSCondition()
    private var work: (() throws -> Void)?
    private var isBusy = false
    private var failure: (any Error)?
    private var isEndingNow = false

    /// Whether whoever started the work waits for its end.
    var isEnding: Bool { condition.withLock { isEndingNow } }

    /// Begins a piece of work, after the one before.
    ///
    /// - Parameter work: uses nothing that other threads use meanwhile.
    func start(_ work: @escaping () throws -> Void) {
        wait()
        condition.withLock {
            self.work = work
            isBusy = true
        }
        let thread = Thread { self.perform() }
        thread.name = "checkpoint"
        thread.start()
    }

    private func perform() {
        let work = condition.withLock {
            defer { self.work = nil }
            return self.work
        }
        let result = Result { try work?() }
        condition.withLock {
            if case .failure(let error) = result { failure = error }
            isBusy = false
            condition.broadcast()
        }
    }

    /// Throws what the work failed with, once.
    func throwFailure() throws {
        let failure = condition.withLock {
            defer { self.failure = nil }
            return self.failure
        }
        if let failure { throw failure }
    }

    /// Waits until no work is under way.
    ///
    /// - Parameter isEnding: whether nothing will be started after it.
    func wait(isEnding: Bool = false) {
        condition.withLock {
            if isEnding { isEndingNow = true }
            while isBusy { condition.wait() }
        }
    }
}
