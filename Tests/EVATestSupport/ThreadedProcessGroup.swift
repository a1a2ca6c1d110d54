internal import Foundation
internal import Torch
package import TorchParallel

/// Ranks that are threads of this process, to test what ranks compute together without any launcher.
package struct ThreadedProcessGroup: ProcessGroup {
    package let rank: Int
    private let board: Board
    private let rounds = Rounds()

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

    package func start(_ collective: Collective) throws -> PendingCollective {
        try throwPresentTorchFailure()
        switch collective {
        case .sum(let tensor):
            return exchange(tensor) { tensor.copy(from: Self.sum($0)) }
        case .sumScatter(let whole, let slice):
            let height = slice.shape[0]
            let rows = rank * height..<(rank + 1) * height
            return exchange(whole) { parts in
                slice.copy(from: Self.sum(parts.map { $0.sliced(rows, dimension: 0) }))
            }
        case .gather(let part, let whole):
            return exchange(part) { whole.copy(from: .concatenated($0, dimension: 0)) }
        case .broadcast(let tensor, let root):
            return exchange(tensor) { tensor.copy(from: $0[root]) }
        case .barrier:
            return exchange(Tensor([0] as [Float], shape: [1])) { _ in }
        case .send(let tensor, let target):
            board.post(Self.copy(tensor), from: rank, to: target)
            return PendingCollective()
        case .receive(let tensor, let source):
            return PendingCollective { [board, rank] in
                let sent = try board.message(from: source, to: rank)
                withoutGradient { tensor.copy(from: sent) }
            }
        }
    }

    package func split(color: Int, name: String) throws -> any ProcessGroup {
        let colors = try gather(color)
        let members = colors.indices.filter { colors[$0] == color }
        guard let place = members.firstIndex(of: rank) else { fatalError("a rank has no place") }
        rounds.next += 1
        return ThreadedProcessGroup(
            rank: place,
            board: board.part(round: rounds.next, color: color, size: members.count))
    }

    /// Lays down a copy of a tensor now and takes up those of all ranks at the end.
    private func exchange(_ tensor: Tensor, _ finish: @escaping ([Tensor]) -> Void)
        -> PendingCollective
    {
        rounds.next += 1
        let round = rounds.next
        board.lay(Self.copy(tensor), round: round, rank: rank)
        return PendingCollective { [board] in
            let parts = try board.take(round: round)
            withoutGradient { finish(parts) }
        }
    }

    private static func copy(_ tensor: Tensor) -> Tensor {
        let copy = Tensor.empty(tensor.shape, dtype: tensor.dtype, device: tensor.device)
        withoutGradient { copy.copy(from: tensor) }
        return copy
    }

    /// A new tensor, summed in the order of the ranks.
    private static func sum(_ parts: [Tensor]) -> Tensor {
        guard parts[0].dtype != .int64 else {
            let columns = parts.map { $0.integers() }
            return Tensor(
                columns[0].indices.map { place in columns.reduce(0) { $0 + Int64($1[place]) } },
                shape: parts[0].shape)
        }
        let sum = parts[0].zerosLike()
        for part in parts { sum.add(inPlace: part) }
        return sum
    }
}

/// The number of the last collective that a rank has started.
private final class Rounds {
    var next = 0
}

/// Where ranks lay down a tensor each and take up all of them.
private final class Board: @unchecked Sendable {
    // Guarded by `condition`; tensors are read by all threads and changed by none.
    private var rounds: [Int: Round] = [:]
    private var messages: [[Int]: [Tensor]] = [:]
    private var parts: [[Int]: Board] = [:]
    private var isAbandoned = false
    private let condition = NSCondition()
    let size: Int

    private struct Round {
        var slots: [Int: Tensor] = [:]
        var takers = 0
    }

    init(size: Int) {
        self.size = size
    }

    func lay(_ tensor: Tensor, round: Int, rank: Int) {
        condition.withLock {
            rounds[round, default: Round()].slots[rank] = tensor
            condition.broadcast()
        }
    }

    /// Waits until every rank has laid down its tensor.
    ///
    /// - Returns: the tensors, by rank.
    func take(round: Int) throws -> [Tensor] {
        condition.lock()
        defer { condition.unlock() }
        while rounds[round].map({ $0.slots.count < size }) ?? true {
            guard !isAbandoned else { throw TorchError("another rank has failed") }
            condition.wait()
        }
        let slots = rounds[round]?.slots ?? [:]
        rounds[round]?.takers += 1
        if rounds[round]?.takers == size { rounds[round] = nil }
        return slots.sorted { $0.key < $1.key }.map(\.value)
    }

    func post(_ tensor: Tensor, from source: Int, to target: Int) {
        condition.withLock {
            messages[[source, target], default: []].append(tensor)
            condition.broadcast()
        }
    }

    /// Waits for the next message between two ranks.
    func message(from source: Int, to target: Int) throws -> Tensor {
        condition.lock()
        defer { condition.unlock() }
        while messages[[source, target]]?.isEmpty ?? true {
            guard !isAbandoned else { throw TorchError("another rank has failed") }
            condition.wait()
        }
        return messages[[source, target], default: []].removeFirst()
    }

    /// The board of a part of the ranks, the same for all of them.
    func part(round: Int, color: Int, size: Int) -> Board {
        condition.withLock {
            let part = parts[[round, color]] ?? Board(size: size)
            parts[[round, color]] = part
            return part
        }
    }

    /// Wakes all who wait for a rank that will not come.
    func abandon() {
        let parts = condition.withLock {
            isAbandoned = true
            condition.broadcast()
            return Array(self.parts.values)
        }
        for part in parts { part.abandon() }
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
