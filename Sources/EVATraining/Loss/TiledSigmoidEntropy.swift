import Torch

/// The entropy of every pair judged by itself, without the whole matrix in memory.
///
/// Zhai et al., "SigLIP", arXiv 2303.15343, algorithm 1: with `z = 1` for a row's own column and
/// -1 for the others, the value is the mean over rows of the sum over columns of
/// `-log(sigmoid(z * (l[i, j] + bias)))`. Backward computes each tile's logits again; nothing but
/// the inputs is kept. Memory is O(rows * D + tile).
///
/// Shapes: x `[b, D]`, y `[B, D]`, bias `[]`.
struct TiledSigmoidEntropy {
    let layout: LogitTiles

    func callAsFunction(_ x: Tensor, _ y: Tensor, scale: Tensor, bias: Tensor) -> Tensor {
        CustomGradient.record(inputs: [x, y, scale, bias]) {
            [sums(x, y, scale: scale, bias: bias).mean()]
        } backward: { gradients in
            guard let gradient = gradients[0] else { return [nil, nil, nil, nil] }
            return self.gradients(
                x.detached(), y.detached(), scale: scale.detached(), bias: bias.detached(),
                weight: gradient / Double(x.shape[0]))
        }[0]
    }

    /// The sum over the columns of each row: `[b]`.
    func sums(_ x: Tensor, _ y: Tensor, scale: Tensor, bias: Tensor) -> Tensor {
        let sums = layout.tiles(rows: x.shape[0], columns: y.shape[0]).map { tile in
            misses(tile, x, y, scale: scale, bias: bias).softplus().sum(dimension: 1)
        }
        return .concatenated(sums, dimension: 0)
    }

    /// The gradients of x, y, scale and bias for a gradient `weight` of every row's sum; of tensors
    /// without a history.
    func gradients(
        _ x: Tensor, _ y: Tensor, scale: Tensor, bias: Tensor, weight: Tensor
    ) -> [Tensor] {
        let (dx, dy) = (x.zerosLike(), y.zerosLike())
        let (dScale, dBias) = (scale.zerosLike(), bias.zerosLike())
        for tile in layout.tiles(rows: x.shape[0], columns: y.shape[0]) {
            let rows = x.sliced(tile, dimension: 0)  // [t, D]
            let slopes = misses(tile, x, y, scale: scale, bias: bias).sigmoid()
            layout.targets(tile, of: slopes)?.multiply(inPlace: -1)
            slopes.multiply(inPlace: weight)
            dBias.add(inPlace: slopes.sum())
            slopes.multiply(inPlace: scale)
            let pull = slopes.matmul(y)  // [t, D]
            dx.sliced(tile, dimension: 0).copy(from: pull)
            dy.add(inPlace: slopes.transposed(0, 1).matmul(rows))
            // l = scale * x . y, so scale's share is that of x taken along x.
            dScale.add(inPlace: (pull * rows).sum())
        }
        return [dx, dy, dScale / scale, dBias]
    }

    /// How much speaks against each judgement, `-z * (l + bias)`: `[t, B]`.
    private func misses(
        _ tile: Range<Int>, _ x: Tensor, _ y: Tensor, scale: Tensor, bias: Tensor
    ) -> Tensor {
        let misses = layout.logits(tile, x, y, scale: scale)
        misses.add(inPlace: bias)
        layout.targets(tile, of: misses)?.multiply(inPlace: -1)
        return misses
    }
}
