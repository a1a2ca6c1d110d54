package import Torch
package import TorchParallel

/// The symmetric contrastive loss of CLIP (Radford et al., arXiv 2103.00020, figure 3):
/// the mean of a cross-entropy over texts for each image and over images for each text.
///
/// Each rank scores its own pairs against those of all ranks, gathered with their gradients, so
/// that the average over the ranks is the loss, and has the gradient, of the whole batch.
///
/// Shapes: b = pairs of this rank, B = pairs of all ranks, D = width of the joint embedding.
package struct ContrastiveLoss {
    /// Whether pairs that share an image or a caption with a row are left out of its negatives.
    package let masksDuplicates: Bool
    private let group: any ProcessGroup
    private let tileElementLimit: Int

    /// - Parameters:
    ///   - masksDuplicates: off equals the original.
    ///   - group: the ranks that hold different pairs.
    ///   - tileElementLimit: the most logits that are in memory at once.
    package init(
        masksDuplicates: Bool = false, group: any ProcessGroup = SingleProcessGroup(),
        tileElementLimit: Int = 1 << 23
    ) {
        self.masksDuplicates = masksDuplicates
        self.group = group
        self.tileElementLimit = tileElementLimit
    }

    /// What tells equal images and equal captions: one number each, int64 `[b]`.
    package struct Keys {
        package let images: Tensor
        package let texts: Tensor

        package init(images: Tensor, texts: Tensor) {
            self.images = images
            self.texts = texts
        }
    }

    /// The loss of a batch.
    ///
    /// - Parameters:
    ///   - images: unit vectors `[b, D]`.
    ///   - texts: unit vectors `[b, D]`; row i belongs to image i.
    ///   - logitScale: the logarithm of the factor, a scalar.
    ///   - keys: needed when duplicates are masked.
    /// - Returns: a scalar.
    /// - Precision: fp32 throughout.
    package func callAsFunction(
        images: Tensor, texts: Tensor, logitScale: Tensor, keys: Keys? = nil
    ) throws -> Tensor {
        let scale = logitScale.exp()
        let allImages = try gatheredWithGradient(images, over: group)
        let allTexts = try gatheredWithGradient(texts, over: group)
        let duplicates = masksDuplicates ? try keys.map { try self.duplicates($0) } : nil
        let offset = group.rank * images.shape[0]
        let crossEntropy = TiledCrossEntropy(
            targetOffset: offset, duplicates: duplicates, tileElementLimit: tileElementLimit)
        return
            (crossEntropy(images, allTexts, scale: scale)
            + crossEntropy(texts, allImages, scale: scale)) * 0.5
    }

    private func duplicates(_ keys: Keys) throws -> TiledCrossEntropy.Duplicates {
        let (images, texts) = (keys.images, keys.texts)
        return TiledCrossEntropy.Duplicates(
            rows: [images, texts], columns: [try group.gather(images), try group.gather(texts)])
    }
}
