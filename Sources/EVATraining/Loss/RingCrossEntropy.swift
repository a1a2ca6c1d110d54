import Torch
import TorchParallel

/// CLIP's loss of the pairs of all ranks, of whose features each rank holds three blocks at most.
///
/// The texts of each rank go round the ranks, which compute the logits of their own images with
/// them, once for both directions: the logsumexp of a row is merged over the blocks that come by, that of
/// a column over the ranks that its text comes to, which brings it home. Backward sends the texts
/// round again, with their columns' logsumexp, computes the logits again, and brings home the texts'
/// gradients. (Ring attention's idea, Liu et al., arXiv 2310.01889, on the logits of Inf-CL, Cheng et
/// al., arXiv 2410.17243.)
///
/// A rank's value is the mean over its own pairs; the mean over the ranks is the loss. Gradients are
/// those of the sum over the ranks, so that their mean is the loss's; backward starts with the same
/// gradient on all ranks.
///
/// Memory is O(b * D + tile). Shapes: images and texts `[b, D]` of this rank, scale `[]`.
/// - Precision: fp32; logsumexps are merged in fp64, so that they are rounded once for any number of
///   blocks.
struct RingCrossEntropy {
    let texts: TextRing
    /// Whether a feature has its gradient as a row alone, not as a candidate of other rows.
    let isOwnRowsAlone: Bool

    func callAsFunction(_ x: Tensor, _ y: Tensor, scale: Tensor) throws -> Tensor {
        let (images, own, factor) = (x.detached(), y.detached(), scale.detached())
        let (loss, rows, columns) = try withoutGradient { try forward(images, own, factor) }
        return CustomGradient.record(inputs: [x, y, scale]) {
            [loss]
        } backward: { gradients in
            guard let gradient = gradients[0] else { return [nil, nil, nil] }
            return try self.gradients(images, own, factor, rows, columns, gradient)
        }[0]
    }

    /// The loss, and the logsumexp of this rank's rows and of its texts' columns: `[b]` each.
    private func forward(_ x: Tensor, _ y: Tensor, _ scale: Tensor) throws -> (
        loss: Tensor, rows: Tensor, columns: Tensor
    ) {
        var rows: Tensor?
        var hits: [Tensor] = []
        let columns = try texts.ring.collect(
            about: texts.block(y), merging: Self.merged
        ) { source, block in
            let layout = texts.layout(source, block)
            var blockRows: [Tensor] = []
            var columns: Tensor?
            for tile in layout.tiles(rows: x.shape[0], columns: block[0].shape[0]) {
                let logits = layout.logits(tile, x, block[0], scale: scale)
                if let targets = layout.targets(tile, of: logits) { hits.append(targets * 2) }
                blockRows.append(logits.logSumExp(dimension: 1).cast(to: .float64))
                let sums = logits.logSumExp(dimension: 0).cast(to: .float64)
                columns = columns.map { Self.merged($0, sums) } ?? sums
            }
            let sums = Tensor.concatenated(blockRows, dimension: 0)
            rows = rows.map { Self.merged($0, sums) } ?? sums
            guard let columns else { fatalError("a loss of no pairs") }
            return columns
        }
        guard let rows else { fatalError("a loss of no ranks") }
        let loss = (rows + columns - .concatenated(hits, dimension: 0)).mean() * 0.5
        return (
            loss.cast(to: .float32), rows.cast(to: .float32), columns.cast(to: .float32)
        )
    }

    /// `log(exp(a) + exp(b))`.
    private static func merged(_ a: Tensor, _ b: Tensor) -> Tensor {
        Tensor.stacked([a, b], dimension: 0).logSumExp(dimension: 0)
    }

    /// The gradients of this rank's images and texts and of the scale.
    private func gradients(
        _ x: Tensor, _ y: Tensor, _ scale: Tensor, _ rows: Tensor, _ columns: Tensor,
        _ gradient: Tensor
    ) throws -> [Tensor] {
        let (dx, dScale) = (x.zerosLike(), scale.zerosLike())
        // The logits' gradients are summed without the factor that all have.
        let dy = try texts.ring.collect(
            about: texts.block(y, columns), merging: { $0 + $1 }
        ) { source, block in
            let layout = texts.layout(source, block)
            let dBlock = block[0].zerosLike()
            for tile in layout.tiles(rows: x.shape[0], columns: block[0].shape[0]) {
                let images = x.sliced(tile, dimension: 0)  // [t, D]
                let logits = layout.logits(tile, x, block[0], scale: scale)
                let rowSlopes = (logits - rows.sliced(tile, dimension: 0).unsqueezed(1)).exp()
                logits.add(inPlace: block[1].unsqueezed(0), scale: -1)
                let columnSlopes = logits.exp()
                for slopes in [rowSlopes, columnSlopes] {
                    if let targets = layout.targets(tile, of: slopes) {
                        targets.copy(from: targets - 1.0)
                    }
                }
                if !isOwnRowsAlone { rowSlopes.add(inPlace: columnSlopes) }
                let candidateSlopes = isOwnRowsAlone ? columnSlopes : rowSlopes
                let pull = rowSlopes.matmul(block[0])  // [t, D]
                dx.sliced(tile, dimension: 0).add(inPlace: pull)
                let blockPull = candidateSlopes.transposed(0, 1).matmul(images)  // [b, D]
                dBlock.add(inPlace: blockPull)
                // l = scale * x . y, so scale's share is that of x taken along x.
                dScale.add(inPlace: (pull * images).sum())
                if isOwnRowsAlone { dScale.add(inPlace: (blockPull * block[0]).sum()) }
            }
            return dBlock
        }
        let weight = gradient / Double(2 * x.shape[0])
        return [dx * (weight * scale), dy * (weight * scale), dScale * weight]
    }
}
