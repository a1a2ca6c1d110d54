internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import Torch

// The gradient of one loss.
extension Trainer {
    /// Adds the gradient of the loss over some batches to the parameters' gradients.
    ///
    /// Several batches are contrasted as one large batch would be, with its exact gradient, in the
    /// memory of one (Gao et al., "GradCache", arXiv 2101.06983): each goes forward without a
    /// history, the loss of all features gives the gradient at each, and each batch goes forward
    /// again, with the same draws, to take its share of that gradient back to the parameters.
    ///
    /// What each backward pass gives is added up in fp32, in level O2 too.
    ///
    /// - Parameters:
    ///   - share: what the loss is multiplied by.
    ///   - random: what dropped patches and paths are drawn from, for all the batches as one.
    /// - Returns: the loss times `share`, a scalar without a history.
    func addGradient(of batches: [HostBatch], share: Double, random: RandomSource) throws -> Tensor
    {
        guard batches.count > 1 else {
            let batch = try deviceBatch(batches[0])
            let features = self.features(of: batch, context(random))
            let loss = try contrast(features, keys: batch.keys) * share
            loss.backward(lossGradient)
            clip.store.collectGradients()
            return loss.detached()
        }
        let total = batches.reduce(0) { $0 + $1.count }
        let starts = batches.indices.map { batches[..<$0].reduce(0) { $0 + $1.count } }
        func features(_ index: Int) throws -> (features: Features, keys: ContrastiveLoss.Keys) {
            let batch = try deviceBatch(batches[index])
            let part = BatchPart(start: starts[index], total: total)
            return (self.features(of: batch, context(random, part)), batch.keys)
        }
        let cached = try withoutGradient { try batches.indices.map(features) }
        let all = Features(
            images: leaf(cached.map(\.features.images)), texts: leaf(cached.map(\.features.texts)))
        let keys = ContrastiveLoss.Keys(
            images: .concatenated(cached.map(\.keys.images), dimension: 0),
            texts: .concatenated(cached.map(\.keys.texts), dimension: 0))
        let loss = try contrast(all, keys: keys) * share
        loss.backward(lossGradient)
        for (index, batch) in batches.enumerated() {
            let part = try features(index).features
            let rows = starts[index]..<starts[index] + batch.count
            // A tower that does not learn has no history to go back through.
            let ends = [(part.images, all.images), (part.texts, all.texts)]
                .filter { $0.0.requiresGradient }
            guard !ends.isEmpty else { break }
            try Tensor.backward(
                ends.map(\.0), ends.map { $0.1.gradient?.sliced(rows, dimension: 0) })
            clip.store.collectGradients()
        }
        return loss.detached()
    }

    /// Unit vectors of a batch's images and texts, `[B, C]` each.
    private struct Features {
        let images: Tensor
        let texts: Tensor
    }

    private func deviceBatch(_ batch: HostBatch) throws -> DeviceBatch {
        try stager?.tensors(of: batch) ?? DeviceBatch(batch, device: device)
    }

    private func features(of batch: DeviceBatch, _ context: ForwardContext) -> Features {
        Features(
            images: clip.encodeImages(batch.images, context),
            texts: clip.encodeTexts(batch.ids, context))
    }

    private func contrast(_ features: Features, keys: ContrastiveLoss.Keys) throws -> Tensor {
        try loss(
            images: features.images, texts: features.texts, logitScale: clip.logitScale.value,
            logitBias: clip.logitBias?.value, keys: keys)
    }

    private func leaf(_ parts: [Tensor]) -> Tensor {
        let leaf = Tensor.concatenated(parts, dimension: 0)
        leaf.requiresGradient = true
        return leaf
    }

    private func context(_ random: RandomSource, _ part: BatchPart? = nil) -> ForwardContext {
        .training(
            computeDType: computeDType, random: random, part: part,
            recomputesActivations: configuration.precision.recomputesActivations)
    }
}
