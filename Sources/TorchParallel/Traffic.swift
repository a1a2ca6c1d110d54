internal import Torch

/// What a rank's collectives move, by group and operation, counted where they are started.
///
/// One thread at a time uses it.
package final class Traffic {
    /// What a collective does.
    package enum Operation: String, Sendable, Codable, CaseIterable {
        case sum
        case sumScatter = "sum-scatter"
        case gather
        case broadcast
        case barrier
        case send
        case receive
    }

    /// The collectives of one kind in one group.
    package struct Row: Sendable, Equatable {
        /// What the group is called.
        package let group: String
        /// How many ranks the group has.
        package let ranks: Int
        package let operation: Operation
        package internal(set) var calls: Int
        /// Bytes of the whole tensors that the collectives work on: what is summed, what is there
        /// after a gather, what is there before a sum is scattered.
        package internal(set) var tensorBytes: Int

        package init(
            group: String, ranks: Int, operation: Operation, calls: Int, tensorBytes: Int
        ) {
            self.group = group
            self.ranks = ranks
            self.operation = operation
            self.calls = calls
            self.tensorBytes = tensorBytes
        }

        /// Bytes that a rank sends, on average over the group's n ranks, as along a ring.
        ///
        /// For a tensor of S bytes that is 2 S (n - 1) / n in a sum, which is a scattered sum and a
        /// gather; S (n - 1) / n in each of these and in a broadcast, which every rank but one
        /// passes on; and S where one rank sends to another. So many bytes arrive as well. No way
        /// to do the same sends less, but for broadcasts and sums that switches carry out; what a
        /// library really does may differ, and headers and other overhead are not in it.
        package var sentBytes: Double {
            let share = Double(ranks - 1) / Double(ranks)
            switch operation {
            case .sum: return 2 * share * Double(tensorBytes)
            case .sumScatter, .gather, .broadcast: return share * Double(tensorBytes)
            case .send: return Double(tensorBytes)
            case .barrier, .receive: return 0
            }
        }
    }

    private var counts: [Key: Row] = [:]

    private struct Key: Hashable {
        let group: String
        let operation: Operation
    }

    package init() {}

    /// What has been moved since the start, or since `reset`; by the groups' names, then in the
    /// order of the operations.
    package var rows: [Row] {
        counts.values.sorted {
            $0.group != $1.group
                ? $0.group < $1.group
                : $0.operation.place < $1.operation.place
        }
    }

    /// Bytes that this rank has sent; see `Row.sentBytes`.
    package var sentBytes: Double { counts.values.reduce(0) { $0 + $1.sentBytes } }

    /// Begins to count anew.
    package func reset() { counts = [:] }

    /// Counts a collective of a group; one rank alone moves nothing.
    func note(_ collective: Collective, in group: String, ofSize size: Int) {
        guard size > 1 else { return }
        let (operation, bytes) = collective.load
        counts[
            Key(group: group, operation: operation),
            default: Row(
                group: group, ranks: size, operation: operation, calls: 0, tensorBytes: 0)
        ].add(bytes)
    }
}

extension Traffic.Row {
    fileprivate mutating func add(_ bytes: Int) {
        calls += 1
        tensorBytes += bytes
    }
}

extension Traffic.Operation {
    fileprivate var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Collective {
    /// What it does, and the bytes of the whole tensor that it works on.
    fileprivate var load: (operation: Traffic.Operation, bytes: Int) {
        switch self {
        case .sum(let tensor): (.sum, tensor.byteCount)
        case .sumScatter(let whole, _): (.sumScatter, whole.byteCount)
        case .gather(_, let whole): (.gather, whole.byteCount)
        case .broadcast(let tensor, _): (.broadcast, tensor.byteCount)
        case .barrier: (.barrier, 0)
        case .send(let tensor, _): (.send, tensor.byteCount)
        case .receive(let tensor, _): (.receive, tensor.byteCount)
        }
    }
}

extension Tensor {
    fileprivate var byteCount: Int { count * dtype.byteCount }
}
