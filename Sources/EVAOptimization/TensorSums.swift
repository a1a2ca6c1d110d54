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
        /// Whether the ranks of the sharding axis divide them; otherwise each knows all.
        let isShared: Bool
        /// Of which tensors the ranks of the tensor axis have a part each.
        let split: [Bool]
    }

    private let shares: any ProcessGroup
    private let layerParts: any ProcessGroup
    private let parts: [Part]

    init(_ ranks: ParallelContext, parts: [Part]) {
        shares = ranks.shards
        layerParts = ranks.layerParts
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
        var all = Tensor.concatenated(columns, dimension: 1).contiguous()
        try shares.sum(inPlace: all)
        if layerParts.size > 1 {
            let mask = Tensor(
                parts.flatMap(\.split).map { Float($0 ? 1 : 0) }, shape: [all.shape[1]]
            )
            .moved(to: all.device)
            let split = all * mask
            all.add(inPlace: split, scale: -1)
            try layerParts.sum(inPlace: split)
            all = all + split
        }
        var start = 0
        return parts.map { part in
            defer { start += part.total }
            return all.sliced(
                start + part.own.lowerBound..<start + part.own.upperBound, dimension: 1)
        }
    }
}
