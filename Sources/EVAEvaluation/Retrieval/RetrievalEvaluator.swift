internal import EVAConfiguration
package import EVAData
package import EVAModels
package import Torch
package import TorchParallel

/// Finds pictures by their texts and texts by their pictures, with the weights that a model has at
/// the time.
package struct RetrievalEvaluator {
    private let data: RetrievalSet
    private let pass: PicturePass
    private let batchSize: Int
    private let ranks: any ProcessGroup
    private let tokenize: (String) -> [Int32]

    /// Texts that are tokenised at once: what bounds the memory beside the features.
    private static let captionLimit = 4096

    /// Describes an evaluation.
    ///
    /// - Parameters:
    ///   - data: pictures with their texts.
    ///   - preparation: how pictures are prepared; the evaluation transform of the model.
    ///   - batchSize: pictures or texts that are in the model at once.
    ///   - batchLimit: batches of pictures after which the evaluation ends; nil for all.
    ///   - readerThreads: threads that prepare pictures; 0 prepares them in between.
    ///   - ranks: those that divide pictures and texts among them; all evaluate together.
    ///   - tokenize: gives a text's token ids, cut to the model's context.
    package init(
        _ data: RetrievalSet, preparation: SamplePreparation, batchSize: Int,
        batchLimit: Int? = nil, readerThreads: Int,
        ranks: any ProcessGroup = SingleProcessGroup(), tokenize: @escaping (String) -> [Int32]
    ) {
        self.data = data
        pass = PicturePass(
            data.images, preparation: preparation, batchSize: batchSize, batchLimit: batchLimit,
            readerThreads: readerThreads, ranks: ranks)
        self.batchSize = batchSize
        self.ranks = ranks
        self.tokenize = tokenize
    }

    /// Evaluates a model on every picture that can be read and the texts of these.
    ///
    /// - Parameters:
    ///   - model: the model.
    ///   - computeDType: the dtype of matrix products; scores are fp32 in any case.
    ///   - badSamples: where unreadable pictures are listed.
    ///   - progress: called after each batch with the number of pictures done.
    /// - Throws: `DataError` when no picture can be read or the list of unreadable ones cannot be
    ///   written; `EvaluationError` when a feature is not finite.
    package func callAsFunction(
        _ model: CLIP, computeDType: DType = .float32, badSamples: BadSampleLog,
        progress: (Int) -> Void = { _ in }
    ) throws -> RetrievalReport {
        let clock = ContinuousClock()
        let start = clock.now
        let encoder = FeatureEncoder(
            model, computeDType: computeDType, batchSize: batchSize, ranks: ranks)
        var found = PictureFeatures(width: model.configuration.embedWidth)
        let count = try pass(encoder, badSamples: badSamples, progress: progress) {
            batch, features in
            found.add(features, values: batch.sampleIndices)
        }
        let images = try found.ofAll(ranks)
        // Equal scores rank by place, which is the same for any number of ranks.
        let places = Dictionary(
            images.values.sorted().enumerated().map { ($0.element, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        let order = images.values.indices.sorted { images.values[$0] < images.values[$1] }
        let pairs = zip(data.captions, data.imageOfCaption).compactMap { caption, image in
            places[image].map { (caption: caption, place: $0) }
        }
        let texts = try stride(from: 0, to: pairs.count, by: Self.captionLimit).map { first in
            let part = pairs[first..<min(first + Self.captionLimit, pairs.count)]
            return try encoder.texts(part.map { tokenize($0.caption) })
        }
        var report = try RetrievalScorer()(
            images: images.rows(order),
            texts: Tensor.concatenated(texts, dimension: 0), imageOfText: pairs.map(\.place))
        report.badImages = count.badImages
        report.seconds = (clock.now - start) / .seconds(1)
        return report
    }
}
