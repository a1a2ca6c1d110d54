package import Torch

/// The ranks along one or several axes of the mesh, and what they do together.
///
/// A collective is started by all ranks of the group, in the same order on each. A group of one
/// rank takes the same code path as any other. What is built on `start` is in an extension, so that
/// a kind of group is a way of carrying out a few operations.
package protocol ProcessGroup {
    /// This process's place in the group, from 0.
    var rank: Int { get }

    /// The number of ranks in the group.
    var size: Int { get }

    /// Begins an operation whose tensors are contiguous, and of fp32 or int64 where they are summed.
    ///
    /// - Throws: `ParallelError` where the ranks' library refuses it; `TorchError` where what is to
    ///   be sent could not be computed.
    func start(_ collective: Collective) throws -> PendingCollective

    /// Begins several messages to and from other ranks, none of which waits for another.
    func start(together messages: [Collective]) throws -> PendingCollective

    /// The ranks that give the same `color`, in their order here.
    ///
    /// - Parameters:
    ///   - color: 0 or more.
    ///   - name: what the new group is called in messages.
    func split(color: Int, name: String) throws -> any ProcessGroup
}

/// What the ranks of a group do together, on tensors of equal shape on all of them.
package enum Collective {
    /// Replaces the tensor by the sum over the ranks.
    case sum(Tensor)
    /// Sums over the ranks; each keeps its slice of the first dimension.
    case sumScatter(Tensor, into: Tensor)
    /// Lays the ranks' tensors end to end along the first dimension, by rank.
    case gather(Tensor, into: Tensor)
    /// Replaces the tensor by that of one rank.
    case broadcast(Tensor, from: Int)
    /// Waits until every rank is here.
    case barrier
    /// Sends to one rank, which has to receive.
    case send(Tensor, to: Int)
    /// Replaces the tensor by what one rank sends.
    case receive(Tensor, from: Int)
}

/// A collective that has been started.
///
/// Its tensors are neither read nor written until `wait` has returned.
package final class PendingCollective {
    private var finish: (() throws -> Void)?

    /// - Parameter finish: waits for the end.
    package init(_ finish: @escaping () throws -> Void = {}) {
        self.finish = finish
    }

    /// Returns when the collective's result is there; at once where it was waited for before.
    ///
    /// - Throws: `ParallelError.timedOut` with the ranks that did not come.
    package func wait() throws {
        let finish = self.finish
        self.finish = nil
        try finish?()
    }

    /// The same with something done at its end.
    func then(_ more: @escaping () throws -> Void) -> PendingCollective {
        PendingCollective {
            try self.wait()
            try more()
        }
    }
}
