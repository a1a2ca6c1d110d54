import Torch

/// The cross-entropy of scaled similarities, row by row, without the whole matrix in memory.
///
/// The value is the mean over rows of `logsumexp(l[i, :]) - l[i, target]`. Forward keeps the row's
/// logsumexp alone; backward computes each tile's logits again (the idea of Cheng et al.,
/// "Inf-CL", arXiv 2410.17243). Memory is O(rows * D + tile).
///
/// Shapes: x `[b, D]`, y `[B, D]`.
struct TiledCrossEntropy {
    let layout: LogitTiles

    func callAsFunction(_ x: Tensor, _ y: Tensor, scale: Tensor) -> Tensor {
        let tiles = layout.tiles(rows: x.shape[0], columns: y.shape[0])
        var normalizers: [Tensor] = []
        return CustomGradient.record(inputs: [x, y, scale]) {
            var losses: [Tensor] = []
            for tile in tiles {
                let logits = layout.logits(tile, x, y, scale: scale)
                let normalizer = logits.logSumExp(dimension: 1)  // [t]
                guard let targets = layout.targets(tile, of: logits) else {
                    fatalError("a row of a cross-entropy has no target")
                }
                losses.append(normalizer - targets)
                normalizers.append(normalizer)
            }
            return [Tensor.concatenated(losses, dimension: 0).mean()]
        } backward: { gradients in
            guard let gradient = gradients[0] else { return [nil, nil, nil] }
            return self.gradients(x, y, scale, normalizers, tiles, gradient)
        }[0]
    }

    /// The gradients of x, y and scale for a gradient of the mean.
    private func gradients(
        _ x: Tensor, _ y: Tensor, _ scale: Tensor, _ normalizers: [Tensor], _ tiles: [Range<Int>],
        _ gradient: Tensor
    ) -> [Tensor] {
        let (x, y, scale) = (x.detached(), y.detached(), scale.detached())
        // What each row's probabilities and target weigh in the inputs' gradients.
        let weight = gradient * scale / Double(x.shape[0])
        let (dx, dy, dScale) = (x.zerosLike(), y.zerosLike(), scale.zerosLike())
        for (tile, normalizer) in zip(tiles, normalizers) {
            let rows = x.sliced(tile, dimension: 0)  // [t, D]
            let logits = layout.logits(tile, x, y, scale: scale)
            logits.add(inPlace: normalizer.unsqueezed(1), scale: -1)
            let slopes = logits.exp()
            if let targets = layout.targets(tile, of: slopes) { targets.copy(from: targets - 1.0) }
            slopes.multiply(inPlace: weight)
            let pull = slopes.matmul(y)  // [t, D]
            dx.sliced(tile, dimension: 0).copy(from: pull)
            dy.add(inPlace: slopes.transposed(0, 1).matmul(rows))
            // l = scale * x . y, so scale's share is that of x taken along x.
            dScale.add(inPlace: (pull * rows).sum())
        }
        return [dx, dy, dScale / scale]
    }
}
