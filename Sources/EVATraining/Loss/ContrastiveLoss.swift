package import EVAConfiguration
package import Torch
package import TorchParallel

/// The loss of a batch of pairs: CLIP's, where each image picks its text among all and each text its
/// image (Radford et al., arXiv 2103.00020, figure 3), or SigLIP's, where every pair is judged by
/// itself (Zhai et al., arXiv 2303.15343).
///
/// Each rank gives its own pairs, of equal number on all ranks; the pairs of all, by rank, are the
/// batch. The mean over the ranks of what they get is the loss of that batch, and the mean of the
/// gradients that they get is its gradient, or what `LossArrangement.Gradient` says of it. The
/// gradients of scale and bias are exact in any case.
///
/// Shapes: b = pairs of this rank, B = pairs of all ranks, D = width of the joint embedding.
package struct ContrastiveLoss {
    /// What is compared with what.
    package let kind: LossConfiguration.Kind
    /// Whether pairs that share an image or a caption with a row are left out of its negatives.
    package let masksDuplicates: Bool
    /// How the ranks share the work.
    package let arrangement: LossArrangement
    private let group: any ProcessGroup
    private let tileElementLimit: Int

    /// - Parameters:
    ///   - kind: the original's is softmax.
    ///   - masksDuplicates: off equals the original.
    ///   - group: the ranks that hold different pairs.
    ///   - arrangement: how they share the work; a group of one has the plain form.
    ///   - tileElementLimit: the most logits that are in memory at once.
    package init(
        _ kind: LossConfiguration.Kind = .softmax, masksDuplicates: Bool = false,
        group: any ProcessGroup = SingleProcessGroup(), arrangement: LossArrangement = .init(),
        tileElementLimit: Int = 1 << 23
    ) {
        self.kind = kind
        self.masksDuplicates = masksDuplicates
        self.group = group
        self.arrangement = arrangement
        self.tileElementLimit = tileElementLimit
    }

    /// The loss that a run's flags ask for.
    ///
    /// - Parameter group: the ranks that hold different pairs.
    package init(_ configuration: LossConfiguration, over group: any ProcessGroup) {
        self.init(
            configuration.kind, masksDuplicates: configuration.masksDuplicates, group: group,
            arrangement: LossArrangement(configuration))
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

    /// The loss of a batch, which all ranks call together and go backward through together.
    ///
    /// - Parameters:
    ///   - images: unit vectors `[b, D]`.
    ///   - texts: unit vectors `[b, D]`; row i belongs to image i.
    ///   - logitScale: the logarithm of the factor, a scalar.
    ///   - logitBias: what is added to every logit, a scalar; SigLIP's loss needs one, CLIP's does
    ///     not depend on it.
    ///   - keys: needed when duplicates are masked.
    /// - Returns: a scalar. Backward from it starts with the same gradient on all ranks.
    /// - Throws: `ParallelError` where another rank does not come; so does backward.
    /// - Precision: fp32 throughout.
    package func callAsFunction(
        images: Tensor, texts: Tensor, logitScale: Tensor, logitBias: Tensor? = nil,
        keys: Keys? = nil
    ) throws -> Tensor {
        let keys = masksDuplicates ? keys.map { [$0.images, $0.texts] } ?? [] : []
        let (images, texts) = (dividingGradient(images), dividingGradient(texts))
        let scale = logitScale.exp()
        guard group.size > 1, arrangement.gathering == .ring else {
            return try gathered(images, texts, scale: scale, bias: logitBias, keys: keys)
        }
        let ring = TextRing(group: group, keys: keys, tileElementLimit: tileElementLimit)
        switch kind {
        case .softmax:
            return try RingCrossEntropy(
                texts: ring, isOwnRowsAlone: arrangement.gradient == .ownRows)(
                    images, texts, scale: scale)
        case .sigmoid:
            return try RingSigmoidEntropy(texts: ring)(
                images, texts, scale: scale, bias: required(logitBias))
        }
    }

    /// This rank's rows of the logits, with the features of all ranks in memory.
    private func gathered(
        _ images: Tensor, _ texts: Tensor, scale: Tensor, bias: Tensor?, keys: [Tensor]
    ) throws -> Tensor {
        let layout = LogitTiles(
            targetOffset: group.rank * images.shape[0],
            duplicates: keys.isEmpty
                ? nil
                : LogitTiles.Duplicates(rows: keys, columns: try keys.map { try group.gather($0) }),
            tileElementLimit: tileElementLimit)
        switch kind {
        case .softmax:
            let crossEntropy = TiledCrossEntropy(layout: layout)
            return
                (crossEntropy(images, try candidates(texts), scale: scale)
                + crossEntropy(texts, try candidates(images), scale: scale)) * 0.5
        case .sigmoid:
            return TiledSigmoidEntropy(layout: layout)(
                images, try candidates(texts), scale: scale, bias: required(bias))
        }
    }

    /// The features of all ranks.
    private func candidates(_ features: Tensor) throws -> Tensor {
        guard arrangement.gradient == .ownRows, group.size > 1 else {
            return try gatheredWithGradient(features, over: group)
        }
        return try withoutGradient { try group.gather(features.detached()) }
    }

    private func required(_ bias: Tensor?) -> Tensor {
        guard let bias else { fatalError("SigLIP's loss was given no logit bias") }
        return bias
    }

    /// The features themselves, with what flows back to them divided by the number of ranks where
    /// the arrangement says so.
    private func dividingGradient(_ features: Tensor) -> Tensor {
        guard arrangement.gradient == .divided, group.size > 1 else { return features }
        return CustomGradient.record(inputs: [features]) {
            [features.detached()]
        } backward: { [size = Double(group.size)] gradients in
            [gradients[0].map { $0 / size }]
        }[0]
    }
}
