import Foundation

/// The pictures of a batch in host memory, `[count, 3, size, size]` float32.
///
/// Filled by reader threads before the batch is handed out and never changed afterwards. When the
/// last user lets go of it, its memory serves a later batch: fresh memory costs several times as
/// much to write as memory that was used before.
package final class PixelBuffer: Sendable {
    /// How many numbers the buffer holds.
    package let count: Int
    private nonisolated(unsafe) let memory: UnsafeMutablePointer<Float>
    private let capacity: Int
    private let pool: Pool

    fileprivate init(memory: UnsafeMutablePointer<Float>, count: Int, capacity: Int, pool: Pool) {
        self.memory = memory
        self.count = count
        self.capacity = capacity
        self.pool = pool
    }

    deinit { pool.takeBack(memory, capacity: capacity) }

    /// Gives access to the numbers; the pointer is valid inside the closure only.
    package func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(self) {
            try body(UnsafeBufferPointer(start: memory, count: count))
        }
    }

    /// The numbers as an array, copied.
    package var values: [Float] { withUnsafeBufferPointer { Array($0) } }

    /// Gives access to a part for filling it; parts in use at the same time must not overlap.
    func fill<Result>(
        _ range: Range<Int>, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        guard range.lowerBound >= 0, range.upperBound <= count else {
            fatalError("PixelBuffer: part \(range) of \(count) numbers")
        }
        return try withExtendedLifetime(self) {
            try body(
                UnsafeMutableBufferPointer(start: memory + range.lowerBound, count: range.count))
        }
    }

    /// Moves a picture to an earlier row, over one that is not needed.
    func moveRow(_ row: Int, to earlier: Int, width: Int) {
        guard earlier < row else { return }
        (memory + earlier * width).update(from: memory + row * width, count: width)
    }

    /// This buffer, or a copy of its beginning where fewer numbers are needed.
    func shortened(to count: Int) -> PixelBuffer {
        guard count < self.count else { return self }
        let copy = pool.buffer(count: count)
        copy.memory.update(from: memory, count: count)
        return copy
    }

    /// Memory that waits for its next batch.
    final class Pool: @unchecked Sendable {
        private let limit: Int

        // `lock` guards `waiting`.
        private let lock = NSLock()
        private var waiting: [(memory: UnsafeMutablePointer<Float>, capacity: Int)] = []

        /// A pool that keeps so many blocks of memory at most.
        init(limit: Int = 4) {
            self.limit = limit
        }

        deinit { for block in waiting { block.memory.deallocate() } }

        /// A buffer of unspecified content.
        func buffer(count: Int) -> PixelBuffer {
            let reused = lock.withLock {
                waiting.firstIndex { $0.capacity >= count }.map { waiting.remove(at: $0) }
            }
            if let reused {
                return PixelBuffer(
                    memory: reused.memory, count: count, capacity: reused.capacity, pool: self)
            }
            return PixelBuffer(
                memory: .allocate(capacity: count), count: count, capacity: count, pool: self)
        }

        fileprivate func takeBack(_ memory: UnsafeMutablePointer<Float>, capacity: Int) {
            let isKept = lock.withLock {
                guard waiting.count < limit else { return false }
                waiting.append((memory, capacity))
                return true
            }
            if !isKept { memory.deallocate() }
        }
    }
}
