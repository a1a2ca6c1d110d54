internal import Foundation
package import Torch
internal import TorchParallel

/// Ranks that are threads of this process, to test what ranks compute together without any launcher.
package struct ThreadedProcessGroup: ProcessGroup {
    package let rank: Int
    private let board: Board

    package var size: Int { board.size }

    /// Runs `body` for every rank at once, each on a thread of its own.
    ///
    /// - Returns: what the ranks returned, in their order.
    /// - Throws: what the first rank threw; the others are woken where they wait for it.
    package static func run<Result: Sendable>(
        size: Int, _ body: @escaping @Sendable (ThreadedProcessGroup) throws -> Result
    ) throws -> [Result] {
        let board = Board(size: size)
        let results = Results<Result>()
        let ended = DispatchGroup()
        for rank in 0..<size {
            ended.enter()
            let thread = Thread {
                do {
                    results.set(rank, .success(try body(.init(rank: rank, board: board))))
                } catch {
                    results.set(rank, .failure(error))
                    board.abandon()
                }
                ended.leave()
            }
            // Backward is deep, and a thread's usual stack is not.
            thread.stackSize = 64 << 20
            thread.start()
        }
        ended.wait()
        return try results.inOrder()
    }

    package func sum(inPlace tensor: Tensor) throws {
        let parts = try board.meet(rank, tensor)
        let total = withoutGradient { Self.sum(parts) }
        // Nobody may still be reading what is written now.
        _ = try board.meet(rank, tensor)
        withoutGradient { tensor.copy(from: total) }
    }

    package func gather(_ tensor: Tensor) throws -> Tensor {
        let parts = try board.meet(rank, tensor)
        let whole = withoutGradient { Tensor.concatenated(parts, dimension: 0) }
        _ = try board.meet(rank, tensor)
        return whole
    }

    package func sumScatter(_ tensor: Tensor) throws -> Tensor {
        let height = tensor.shape[0] / size
        let parts = try board.meet(rank, tensor)
        let slice = withoutGradient {
            Self.sum(parts.map { $0.sliced(rank * height..<(rank + 1) * height, dimension: 0) })
        }
        _ = try board.meet(rank, tensor)
        return slice
    }

    /// A new tensor, summed in the order of the ranks.
    private static func sum(_ parts: [Tensor]) -> Tensor {
        let sum = parts[0].zerosLike()
        for part in parts { sum.add(inPlace: part) }
        return sum
    }
}

/// Where ranks lay down a tensor each and take up all of them.
private final class Board: @unchecked Sendable {
    // Guarded by `condition`; tensors are read by all threads and changed by none between meetings.
    private var slots: [Tensor?]
    private var arrived = 0
    private var leaving = 0
    private var round = 0
    private var isAbandoned = false
    private let condition = NSCondition()
    let size: Int

    init(size: Int) {
        self.size = size
        slots = Array(repeating: nil, count: size)
    }

    /// Waits until every rank is here.
    func meet(_ rank: Int, _ tensor: Tensor) throws -> [Tensor] {
        condition.lock()
        defer { condition.unlock() }
        while leaving > 0, !isAbandoned { condition.wait() }
        slots[rank] = tensor.detached()
        arrived += 1
        if arrived == size {
            round += 1
            arrived = 0
            leaving = size
            condition.broadcast()
        } else {
            let present = round
            while round == present, !isAbandoned { condition.wait() }
        }
        guard !isAbandoned else { throw TorchError("another rank has failed") }
        let tensors = slots.compactMap { $0 }
        leaving -= 1
        if leaving == 0 { condition.broadcast() }
        return tensors
    }

    /// Wakes all who wait for a rank that will not come.
    func abandon() {
        condition.lock()
        isAbandoned = true
        condition.broadcast()
        condition.unlock()
    }
}

private final class Results<Value: Sendable>: @unchecked Sendable {
    // Guarded by `lock`.
    private var results: [(rank: Int, result: Result<Value, any Error>)] = []
    private let lock = NSLock()

    func set(_ rank: Int, _ result: Result<Value, any Error>) {
        lock.withLock { results.append((rank, result)) }
    }

    /// In the order of the ranks; the first failure in time is thrown.
    func inOrder() throws -> [Value] {
        try lock.withLock {
            for (_, result) in results { _ = try result.get() }
            return try results.sorted { $0.rank < $1.rank }.map { try $0.result.get() }
        }
    }
}
