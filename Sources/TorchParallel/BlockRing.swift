package import Torch

/// Blocks of tensors that go round the ranks of a group: each rank sees those of all, and holds its
/// own, the one that is with it, and the one that is on its way to it.
///
/// The way to the next rank begins before a block is worked on and ends after it. Tensors have the
/// same shapes on all ranks.
package struct BlockRing {
    private let group: any ProcessGroup

    package init(_ group: any ProcessGroup) {
        self.group = group
    }

    /// Calls `body` for the block of every rank, this one's own first.
    ///
    /// - Parameter body: takes the rank that a block is of, and the block, which it leaves as it is.
    package func forEachBlock(
        _ block: [Tensor], _ body: (_ source: Int, _ block: [Tensor]) throws -> Void
    ) throws {
        var present = block
        for step in 0..<group.size {
            let next = step + 1 < group.size ? try startShift(present) : nil
            try body((group.rank + group.size - step) % group.size, present)
            if let next { present = try next() }
        }
    }

    /// Calls `body` for the block of every rank, and brings home what the ranks say of this one's.
    ///
    /// - Parameters:
    ///   - merge: makes one of what was said of a block so far and what is said of it now.
    ///   - body: as in `forEachBlock`; what it gives has one shape for all blocks.
    /// - Returns: what all ranks say of this rank's block, its own word first.
    package func collect(
        about block: [Tensor], merging merge: (Tensor, Tensor) -> Tensor,
        _ body: (_ source: Int, _ block: [Tensor]) throws -> Tensor
    ) throws -> Tensor {
        var arriving: (() throws -> [Tensor])?
        try forEachBlock(block) { source, block in
            var word = try body(source, block)
            // It comes from the rank before, which has said its word by the time it is needed.
            if let earlier = try arriving?() { word = merge(earlier[0], word) }
            arriving = try startShift([word])
        }
        guard let home = try arriving?() else { fatalError("a ring has one rank at least") }
        return home[0]
    }

    /// Begins to hand tensors to the next rank and to take those of the one before.
    ///
    /// - Returns: waits for them.
    private func startShift(_ tensors: [Tensor]) throws -> () throws -> [Tensor] {
        guard group.size > 1 else { return { tensors } }
        let (next, previous) = (group.rank + 1, group.rank + group.size - 1)
        let shifts = try tensors.map {
            try group.startExchange($0, to: next % group.size, from: previous % group.size)
        }
        return {
            for shift in shifts { try shift.pending.wait() }
            return shifts.map(\.received)
        }
    }
}
