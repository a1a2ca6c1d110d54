import Torch

/// The scaled similarities of one side of a batch with the other, or a block of it, a few rows at a
/// time.
///
/// `l[i, j] = scale * x[i] . y[j]`; the pair of row i is in column `i + targetOffset`.
///
/// Shapes: x `[b, D]`, y `[B, D]`, t = rows of a tile.
struct LogitTiles {
    /// Numbers that mark equal pairs: a column that shares one with a row is no negative of it.
    struct Duplicates {
        /// Several kinds of key, `[b]` each.
        let rows: [Tensor]
        /// The same kinds, `[B]` each.
        let columns: [Tensor]
    }

    /// Nil where the pair of no row is among the columns.
    let targetOffset: Int?
    let duplicates: Duplicates?
    let tileElementLimit: Int

    /// The rows of each tile, in order.
    func tiles(rows: Int, columns: Int) -> [Range<Int>] {
        let height = max(1, min(rows, tileElementLimit / max(1, columns)))
        return stride(from: 0, to: rows, by: height).map { $0..<min(rows, $0 + height) }
    }

    /// Logits of some rows against all columns: `[t, B]`; -infinity for masked duplicates.
    func logits(_ tile: Range<Int>, _ x: Tensor, _ y: Tensor, scale: Tensor) -> Tensor {
        let logits = x.sliced(tile, dimension: 0).matmul(y.transposed(0, 1))
        logits.multiply(inPlace: scale)
        guard let duplicates else { return logits }
        let isOther = targetOffset.map { offset in
            let targets =
                logits.indices(tile.count).unsqueezed(1) + Double(tile.lowerBound + offset)
            return targets.isEqual(to: logits.indices(y.shape[0]).unsqueezed(0)).not()
        }
        var masked = logits
        for (rows, columns) in zip(duplicates.rows, duplicates.columns) {
            let isEqual = rows.sliced(tile, dimension: 0).unsqueezed(1)
                .isEqual(to: columns.unsqueezed(0))
            masked = masked.filled(with: -.infinity, where: isOther.map(isEqual.and) ?? isEqual)
        }
        return masked
    }

    /// The pairs' own entries in a tile of values `[t, B]`: a view `[t]`; nil where there are none.
    func targets(_ tile: Range<Int>, of values: Tensor) -> Tensor? {
        targetOffset.map { offset in
            let columns = tile.lowerBound + offset..<tile.upperBound + offset
            return values.sliced(columns, dimension: 1).diagonal()
        }
    }
}
