package import EVAConfiguration
package import Torch
package import TorchParallel

/// The loss of a batch of pairs: CLIP's, where each image picks its text among all and each text its
/// image (Radford et al., arXiv 2103.00020, figure 3), or SigLIP's, where every pair is judged by
/// itself (Zhai et al., arXiv 2303.15343).
///
/// Each rank scores its own pairs against those of all ranks, gathered with their gradients, so
/// that the average over the ranks is the loss, and has the gradient, of the whole batch.
///
/// Shapes: b = pairs of this rank, B = pairs of all ranks, D = width of the joint embedding.
package struct ContrastiveLoss {
    /// What is compared with what.
    package let kind: LossConfiguration.Kind
    /// Whether pairs that share an image or a caption with a row are left out of its negatives.
    package let masksDuplicates: Bool
    private let group: any ProcessGroup
    private let tileElementLimit: Int

    /// - Parameters:
    ///   - kind: the original's is softmax.
    ///   - masksDuplicates: off equals the original.
    ///   - group: the ranks that hold different pairs.
    ///   - tileElementLimit: the most logits that are in memory at once.
    package init(
        _ kind: LossConfiguration.Kind = .softmax, masksDuplicates: Bool = false,
        group: any ProcessGroup = SingleProcessGroup(), tileElementLimit: Int = 1 << 23
    ) {
        self.kind = kind
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
    ///   - logitBias: what is added to every logit, a scalar; SigLIP's loss needs one, CLIP's does
    ///     not depend on it.
    ///   - keys: needed when duplicates are masked.
    /// - Returns: a scalar.
    /// - Precision: fp32 throughout.
    package func callAsFunction(
        images: Tensor, texts: Tensor, logitScale: Tensor, logitBias: Tensor? = nil,
        keys: Keys? = nil
    ) throws -> Tensor {
        let scale = logitScale.exp()
        let allTexts = try gatheredWithGradient(texts, over: group)
        let layout = LogitTiles(
            targetOffset: group.rank * images.shape[0],
            duplicates: masksDuplicates ? try keys.map { try self.duplicates($0) } : nil,
            tileElementLimit: tileElementLimit)
        switch kind {
        case .softmax:
            let allImages = try gatheredWithGradient(images, over: group)
            let crossEntropy = TiledCrossEntropy(layout: layout)
            return
                (crossEntropy(images, allTexts, scale: scale)
                + crossEntropy(texts, allImages, scale: scale)) * 0.5
        case .sigmoid:
            guard let logitBias else { fatalError("SigLIP's loss was given no logit bias") }
            return TiledSigmoidEntropy(layout: layout)(
                images, allTexts, scale: scale, bias: logitBias)
        }
    }

    private func duplicates(_ keys: Keys) throws -> LogitTiles.Duplicates {
        let (images, texts) = (keys.images, keys.texts)
        return LogitTiles.Duplicates(
            rows: [images, texts], columns: [try group.gather(images), try group.gather(texts)])
    }
}
