package import Torch

// What joins the parts of a layer that is split over ranks (Shoeybi et al., "Megatron-LM", arXiv
// 1909.08053): its input is the same on all ranks, and so is its result.

/// A tensor as it is read by the ranks that each hold a part of the layers that read it.
///
/// Forward it is itself; backward it gets the sum of the ranks' gradients. In a group of one rank
/// nothing is added to the graph.
///
/// - Precision: 16-bit gradients are summed in fp32 and rounded once.
package func readByParts(_ x: Tensor, of group: any ProcessGroup) -> Tensor {
    guard group.size > 1 else { return x }
    return CustomGradient.record(inputs: [x]) {
        [x.detached()]
    } backward: { gradients in
        [
            try gradients[0].map { gradient in
                let sum = gradient.copiedToFloat32()
                try group.sum(inPlace: sum)
                return sum.cast(to: gradient.dtype)
            }
        ]
    }[0]
}

/// The sum of the ranks' partial results of a layer, in fp32.
///
/// Backward each partial result gets the gradient of the sum. A collective that fails ends the
/// present `throwingTorchFailures`. In a group of one rank it is the result itself.
package func sumOfParts(_ x: Tensor, of group: any ProcessGroup) -> Tensor {
    guard group.size > 1 else { return x }
    let dtype = x.dtype
    return CustomGradient.record(inputs: [x]) {
        let sum = x.copiedToFloat32()
        notingFailure({ try group.sum(inPlace: sum) }, else: ())
        return [sum]
    } backward: { gradients in
        [gradients[0]?.cast(to: dtype)]
    }[0]
}

extension Tensor {
    /// A new contiguous tensor, which a collective may change.
    fileprivate func copiedToFloat32() -> Tensor {
        let copy = Tensor.empty(shape, dtype: .float32, device: device)
        copy.copy(from: self)
        return copy
    }
}
