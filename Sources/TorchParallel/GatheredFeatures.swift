package import Torch

/// The ranks' features gathered so that gradients find their way back to each.
///
/// Every rank holds `[B, D]` before and `[size * B, D]`, in rank order, after. The gradient of the
/// gather is the sum over the ranks of each one's slice, so the loss of the gathered batch has the
/// single process's gradient. Communicates along the group once forward and once backward.
package func gatheredWithGradient(_ features: Tensor, over group: any ProcessGroup) throws
    -> Tensor
{
    // A group of one may give back the tensor itself, which must not become its own result.
    let forward = try withoutGradient { try group.gather(features).detached() }
    return CustomGradient.record(inputs: [features]) {
        [forward]
    } backward: { gradients in
        [try gradients[0].map { try group.sumScatter($0) }]
    }[0]
}
