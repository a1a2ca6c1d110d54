import Torch
import TorchParallel

/// The texts of all ranks on their way past this rank's images.
///
/// Shapes: b = pairs of each rank, D = width of the joint embedding.
struct TextRing {
    let group: any ProcessGroup
    /// Numbers that mark equal pairs, `[b]` of each kind; none where duplicates count.
    let keys: [Tensor]
    let tileElementLimit: Int

    /// This rank's block: its texts and their keys, and what else is to be known of them.
    func block(_ tensors: Tensor...) -> [Tensor] { tensors + keys }

    /// The tiles of this rank's images with the texts of a block.
    ///
    /// - Parameters:
    ///   - source: the rank that the block is of.
    ///   - block: tensors that end with the keys.
    func layout(_ source: Int, _ block: [Tensor]) -> LogitTiles {
        LogitTiles(
            targetOffset: source == group.rank ? 0 : nil,
            duplicates: keys.isEmpty
                ? nil : LogitTiles.Duplicates(rows: keys, columns: block.suffix(keys.count)),
            tileElementLimit: tileElementLimit)
    }

    var ring: BlockRing { BlockRing(group) }
}
