import Torch
import TorchParallel

/// SigLIP's loss of the pairs of all ranks, of whose features each rank holds three blocks at most.
///
/// The texts of each rank go round the ranks, which judge the pairs that their own images make with
/// them; backward sends them round again and brings home their gradients (Zhai et al., arXiv
/// 2303.15343, section 3.3). Values and gradients are shared among ranks as in `RingCrossEntropy`.
///
/// Memory is O(b * D + tile). Shapes: images and texts `[b, D]` of this rank, scale and bias `[]`.
/// - Precision: fp32 throughout.
struct RingSigmoidEntropy {
    let texts: TextRing

    func callAsFunction(_ x: Tensor, _ y: Tensor, scale: Tensor, bias: Tensor) throws -> Tensor {
        let (images, own) = (x.detached(), y.detached())
        let (factor, offset) = (scale.detached(), bias.detached())
        var sums: Tensor?
        try withoutGradient {
            try texts.ring.forEachBlock(texts.block(own)) { source, block in
                let part = TiledSigmoidEntropy(layout: texts.layout(source, block))
                    .sums(images, block[0], scale: factor, bias: offset)
                sums = sums.map { $0 + part } ?? part
            }
        }
        guard let loss = sums?.mean() else { fatalError("a loss of no ranks") }
        return CustomGradient.record(inputs: [x, y, scale, bias]) {
            [loss]
        } backward: { gradients in
            guard let gradient = gradients[0] else { return [nil, nil, nil, nil] }
            return try self.gradients(images, own, factor, offset, gradient)
        }[0]
    }

    private func gradients(
        _ x: Tensor, _ y: Tensor, _ scale: Tensor, _ bias: Tensor, _ gradient: Tensor
    ) throws -> [Tensor] {
        let (dx, dScale, dBias) = (x.zerosLike(), scale.zerosLike(), bias.zerosLike())
        let weight = gradient / Double(x.shape[0])
        let dy = try texts.ring.collect(
            about: texts.block(y), merging: { $0 + $1 }
        ) { source, block in
            let parts = TiledSigmoidEntropy(layout: texts.layout(source, block))
                .gradients(x, block[0], scale: scale, bias: bias, weight: weight)
            for (sum, part) in zip([dx, dScale, dBias], [parts[0], parts[2], parts[3]]) {
                sum.add(inPlace: part)
            }
            return parts[1]
        }
        return [dx, dy, dScale, dBias]
    }
}
