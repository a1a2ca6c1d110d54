import Torch

/// The cross-entropy of scaled similarities, row by row, without the whole matrix in memory.
///
/// With logits `l[i, j] = scale * x[i] . y[j]` and the target of row i in column
/// `i + targetOffset`, the value is the mean over rows of `logsumexp(l[i, :]) - l[i, target]`.
/// Forward keeps the row's logsumexp alone; backward computes each tile's logits again
/// (the idea of Cheng et al., "Inf-CL", arXiv 2410.17243). Memory is O(rows * D + tile).
///
/// Shapes: x `[b, D]`, y `[B, D]`.
struct TiledCrossEntropy {
    /// Numbers that mark equal pairs: a column that shares one with a row is no negative of it.
    struct Duplicates {
        /// Several kinds of key, `[b]` each.
        let rows: [Tensor]
        /// The same kinds, `[B]` each.
        let columns: [Tensor]
    }

    let targetOffset: Int
    let duplicates: Duplicates?
    let tileElementLimit: Int

    func callAsFunction(_ x: Tensor, _ y: Tensor, scale: Tensor) -> Tensor {
        let tiles = tiles(rows: x.shape[0], columns: y.shape[0])
        var normalizers: [Tensor] = []
        return CustomGradient.record(inputs: [x, y, scale]) {
            normalizers = tiles.map { logits($0, x, y, scale).logSumExp(dimension: 1) }
            let targets = y.sliced(targetOffset..<targetOffset + x.shape[0], dimension: 0)
            let hits = (x * targets).sum(dimension: 1) * scale  // [b]
            return [(Tensor.concatenated(normalizers, dimension: 0) - hits).mean()]
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
        let rowCount = x.shape[0]
        // What each row's probabilities and target weigh in the inputs' gradients.
        let weight = gradient * scale / Double(rowCount)
        let targets = targetOffset..<targetOffset + rowCount
        let dy = y.zerosLike()
        var dx: [Tensor] = []
        for (tile, normalizer) in zip(tiles, normalizers) {
            let rows = x.sliced(tile, dimension: 0)  // [t, D]
            let probabilities = (logits(tile, x, y, scale) - normalizer.unsqueezed(1)).exp()
            dx.append(probabilities.matmul(y))
            dy.add(inPlace: probabilities.transposed(0, 1).matmul(rows))
        }
        dy.sliced(targets, dimension: 0).add(inPlace: x, scale: -1)
        let pull =
            (Tensor.concatenated(dx, dimension: 0) - y.sliced(targets, dimension: 0)) * weight
        // l = scale * x . y, so scale's share is that of x taken along x.
        return [pull, dy * weight, (pull * x).sum() / scale]
    }

    /// Logits of some rows against all columns: `[t, B]`.
    private func logits(_ tile: Range<Int>, _ x: Tensor, _ y: Tensor, _ scale: Tensor) -> Tensor {
        let logits = x.sliced(tile, dimension: 0).matmul(y.transposed(0, 1)) * scale
        guard let duplicates else { return logits }
        var isTarget =
            logits.indices(tile.count).unsqueezed(1) + Double(tile.lowerBound + targetOffset)
        isTarget = isTarget.isEqual(to: logits.indices(y.shape[0]).unsqueezed(0))
        var masked = logits
        for (rows, columns) in zip(duplicates.rows, duplicates.columns) {
            let isEqual = rows.sliced(tile, dimension: 0).unsqueezed(1)
                .isEqual(to: columns.unsqueezed(0))
            masked = masked.filled(with: -.infinity, where: isEqual.and(isTarget.not()))
        }
        return masked
    }

    func tiles(rows: Int, columns: Int) -> [Range<Int>] {
        let height = max(1, min(rows, tileElementLimit / max(1, columns)))
        return stride(from: 0, to: rows, by: height).map { $0..<min(rows, $0 + height) }
    }
}
