internal import EVAConfiguration
package import EVAData
internal import EVALayers
package import EVAModels
package import Torch
package import TorchParallel

/// Encodes images and texts into unit vectors, batch by batch, without a history for gradients.
///
/// It reads the weights as they are at each call and keeps nothing from one to the next.
///
/// Shapes: N = images, M = texts, S = image size, E = width of the joint embedding.
package struct FeatureEncoder {
    /// The model whose weights are used.
    package let model: CLIP
    /// The dtype of matrix products.
    let computeDType: DType
    private let context: ForwardContext
    private let batchSize: Int
    private let ranks: any ProcessGroup

    /// - Parameters:
    ///   - model: the model.
    ///   - computeDType: the dtype of matrix products; features are fp32 in any case.
    ///   - batchSize: the most images, or texts of full length, that are in the model at once; of
    ///     shorter texts as many are as have no more tokens together.
    ///   - ranks: those that divide texts among them, so that all ask for the same ones together.
    package init(
        _ model: CLIP, computeDType: DType = .float32, batchSize: Int = 64,
        ranks: any ProcessGroup = SingleProcessGroup()
    ) {
        guard batchSize > 0 else { fatalError("FeatureEncoder: batch size \(batchSize)") }
        self.model = model
        self.computeDType = computeDType
        context = .evaluation(computeDType: computeDType)
        self.batchSize = batchSize
        self.ranks = ranks
    }

    /// Unit vectors of a batch as the data pipeline hands it out.
    ///
    /// - Throws: `EvaluationError` when the pictures have another size than the model takes, or a
    ///   feature is not finite.
    /// - Returns: `[B, E]` on the model's device.
    package func images(of batch: HostBatch) throws -> Tensor {
        try images(batch.imageTensor(on: model.store.device))
    }

    /// Unit vectors of prepared images.
    ///
    /// - Parameter pixels: `[N, 3, S, S]`, N at least 1, on any device.
    /// - Throws: `EvaluationError` when the images have another size than the model takes, or a
    ///   feature is not finite; `TorchError` when the machine cannot compute it.
    /// - Returns: `[N, E]` on the model's device.
    package func images(_ pixels: Tensor) throws -> Tensor {
        let size = model.configuration.vision.imageSize
        let shape = pixels.shape
        guard shape.count == 4, shape[0] > 0, Array(shape[1...]) == [3, size, size] else {
            throw EvaluationError(
                "images: expected shape [N, 3, \(size), \(size)] with N >= 1, got \(shape)")
        }
        return try throwingTorchFailures {
            let parts = stride(from: 0, to: shape[0], by: batchSize).map { first in
                withoutGradient {
                    let rows = first..<min(first + batchSize, shape[0])
                    let batch = pixels.sliced(rows, dimension: 0).moved(to: model.store.device)
                    return model.encodeImages(batch.cast(to: .float32), context)
                }
            }
            return try finite(Tensor.concatenated(parts, dimension: 0), "image")
        }
    }

    /// Unit vectors of texts, in the order given.
    ///
    /// Texts go through the model sorted by length and cut at the longest of their batch, which
    /// does not change what they are encoded to.
    ///
    /// - Parameter texts: token ids, at least one text; what follows a text's first largest id,
    ///   its end mark, is padding.
    /// - Throws: `EvaluationError` when a text is empty, longer than the model's context, or holds
    ///   an id outside its vocabulary, or when a feature is not finite; `TorchError` when the machine
    ///   cannot compute it.
    /// - Returns: `[M, E]` on the model's device.
    package func texts(_ texts: [[Int32]]) throws -> Tensor {
        guard !texts.isEmpty else {
            throw EvaluationError("texts: expected at least one, got none")
        }
        let texts = try texts.enumerated().map { try trimmed($0.element, number: $0.offset) }
        let order = texts.indices.sorted { (texts[$0].count, $0) < (texts[$1].count, $1) }
        var places = [Int64](repeating: 0, count: order.count)
        for (place, text) in order.enumerated() { places[text] = Int64(place) }
        return try throwingTorchFailures {
            let batches = batches(ofLengths: order.map { texts[$0].count })
            let parts = batches.enumerated().map { index, places in
                withoutGradient {
                    guard index % ranks.size == ranks.rank else {
                        return Tensor.full(
                            [places.count, model.configuration.embedWidth], 0,
                            device: model.store.device)
                    }
                    return model.encodeTexts(padded(order[places].map { texts[$0] }), context)
                }
            }
            let all = Tensor.concatenated(parts, dimension: 0)
            // What other ranks encode is zero here, so the sum is exact.
            try ranks.sum(inPlace: all)
            let restored = Tensor(places, shape: [order.count]).moved(to: model.store.device)
            return try finite(all.selected(indices: restored, dimension: 0), "text")
        }
    }

    /// Runs of rising lengths, each as long as the tokens of a batch allow.
    private func batches(ofLengths lengths: [Int]) -> [Range<Int>] {
        let tokenLimit = batchSize * model.configuration.text.contextLength
        var batches: [Range<Int>] = []
        var first = 0
        for place in lengths.indices where (place - first + 1) * lengths[place] > tokenLimit {
            batches.append(first..<place)
            first = place
        }
        return batches + [first..<lengths.count]
    }

    /// The text up to the token that the model pools at.
    private func trimmed(_ text: [Int32], number: Int) throws(EvaluationError) -> ArraySlice<Int32>
    {
        let limits = model.configuration.text
        guard let highest = text.max(), let lowest = text.min(),
            let end = text.firstIndex(of: highest)
        else { throw EvaluationError("text \(number): expected token ids, got none") }
        guard end < limits.contextLength else {
            throw EvaluationError(
                "text \(number): has \(end + 1) tokens, more than the model's "
                    + "\(limits.contextLength); cut it and keep its end mark")
        }
        guard lowest >= 0, highest < limits.vocabularySize else {
            throw EvaluationError(
                "text \(number): expected token ids in 0 ..< \(limits.vocabularySize), "
                    + "got \(lowest < 0 ? lowest : highest)")
        }
        return text[...end]
    }

    private func padded(_ texts: [ArraySlice<Int32>]) -> Tensor {
        let length = texts.map(\.count).max() ?? 0
        var ids: [Int64] = []
        ids.reserveCapacity(texts.count * length)
        for text in texts {
            ids.append(contentsOf: text.map(Int64.init))
            ids.append(contentsOf: repeatElement(0, count: length - text.count))
        }
        return Tensor(ids, shape: [texts.count, length]).moved(to: model.store.device)
    }

    private func finite(_ features: Tensor, _ kind: String) throws(EvaluationError) -> Tensor {
        guard features.allFinite().item() == 1 else {
            throw EvaluationError(
                "the model gives \(kind) features that are not finite: its weights are damaged, or "
                    + "its training has diverged")
        }
        return features
    }
}
