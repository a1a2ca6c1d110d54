package import Torch

/// The ranks along one or several axes of the mesh, and what they do together.
///
/// A collective is called by all ranks of the group in the same order. A group of one rank takes
/// the same code path as any other.
package protocol ProcessGroup {
    /// This process's place in the group, from 0.
    var rank: Int { get }

    /// The number of ranks in the group.
    var size: Int { get }

    /// Replaces `tensor` on every rank by the sum over the ranks.
    func sum(inPlace tensor: Tensor) throws

    /// The ranks' tensors of equal shape laid end to end along the first dimension, by rank.
    func gather(_ tensor: Tensor) throws -> Tensor

    /// The ranks' tensors summed, of which this rank keeps its slice of the first dimension.
    func sumScatter(_ tensor: Tensor) throws -> Tensor
}
