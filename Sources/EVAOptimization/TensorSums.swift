package import Torch
internal import TorchParallel

/// Adds up over the ranks what each knows of the tensors that they divide among them.
package struct TensorSums {
    /// The tensors of one unit.
    package struct Part {
        /// The number of tensors.
        let total: Int
        /// Those of which this rank has something.
        let own: Range<Int>
        /// Whether the ranks divide them; otherwise each knows all.
        let isShared: Bool
    }

    private let shares: any ProcessGroup
    private let parts: [Part]

    init(shares: any ProcessGroup, parts: [Part]) {
        self.shares = shares
        self.parts = parts
    }

    /// - Parameter own: for each unit a number of each tensor that this rank has something of, in
    ///   columns: `[R, own]`.
    /// - Returns: the sums over the ranks, laid out alike.
    package func callAsFunction(_ own: [Tensor]) throws -> [Tensor] {
        let columns = zip(parts, own).map { part, numbers -> Tensor in
            let height = numbers.shape[0]
            // What every rank knows is counted once.
            let numbers = part.isShared || shares.rank == 0 ? numbers : numbers.zerosLike()
            func zeros(_ count: Int) -> Tensor {
                .full([height, count], 0, device: numbers.device)
            }
            return .concatenated(
                [
                    zeros(part.own.lowerBound), numbers, zeros(part.total - part.own.upperBound),
                ], dimension: 1)
        }
        let all = Tensor.concatenated(columns, dimension: 1).contiguous()
        try shares.sum(inPlace: all)
        var start = 0
        return parts.map { part in
            defer { start += part.total }
            return all.sliced(
                start + part.own.lowerBound..<start + part.own.upperBound, dimension: 1)
        }
    }
}
