package import EVAData
package import EVAModels
package import Torch
package import TorchParallel

/// Classifies labelled pictures by sentences alone, with the weights that a model has at the time.
package struct ZeroShotEvaluator {
    private let prompts: PromptSet
    private let folders: [String]?
    private let pass: PicturePass
    private let batchSize: Int
    private let ranks: any ProcessGroup
    private let tokenize: (String) -> [Int32]
    private let cache: ClassifierCache?

    /// Describes an evaluation.
    ///
    /// - Parameters:
    ///   - source: pictures labelled by class.
    ///   - prompts: the classes in the order of the labels, and their sentences.
    ///   - folders: the folder of each class, for the report.
    ///   - preparation: how pictures are prepared; the evaluation transform of the model.
    ///   - batchSize: pictures or prompts that are in the model at once.
    ///   - batchLimit: batches after which the evaluation ends; nil for all.
    ///   - readerThreads: threads that prepare pictures; 0 prepares them in between.
    ///   - cache: where classifiers are kept; nil keeps none.
    ///   - ranks: those that divide pictures and prompts among them; all evaluate together.
    ///   - tokenize: gives a text's token ids, cut to the model's context.
    package init(
        source: any SampleSource, prompts: PromptSet, folders: [String]? = nil,
        preparation: SamplePreparation, batchSize: Int,
        batchLimit: Int? = nil, readerThreads: Int, cache: ClassifierCache? = nil,
        ranks: any ProcessGroup = SingleProcessGroup(), tokenize: @escaping (String) -> [Int32]
    ) {
        self.prompts = prompts
        self.folders = folders
        pass = PicturePass(
            source, preparation: preparation, batchSize: batchSize, batchLimit: batchLimit,
            readerThreads: readerThreads, ranks: ranks)
        self.batchSize = batchSize
        self.ranks = ranks
        self.tokenize = tokenize
        self.cache = cache
    }

    /// Describes the evaluation of a folder of labelled pictures.
    package init(
        _ folder: EvaluationFolder, preparation: SamplePreparation, batchSize: Int,
        batchLimit: Int? = nil, readerThreads: Int, cache: ClassifierCache? = nil,
        ranks: any ProcessGroup = SingleProcessGroup(), tokenize: @escaping (String) -> [Int32]
    ) throws {
        self.init(
            source: folder.images,
            prompts: try PromptSet(classNames: folder.classNames, templates: folder.templates),
            folders: folder.images.classFolders, preparation: preparation, batchSize: batchSize,
            batchLimit: batchLimit,
            readerThreads: readerThreads, cache: cache, ranks: ranks, tokenize: tokenize)
    }

    /// Evaluates a model: builds the classifier, then goes through the pictures once.
    ///
    /// A picture that cannot be read is listed and left out.
    ///
    /// - Parameters:
    ///   - model: the model.
    ///   - computeDType: the dtype of matrix products; scores are fp32 in any case.
    ///   - badSamples: where unreadable pictures are listed.
    ///   - progress: called after each batch with the number of pictures done.
    /// - Throws: `DataError` when no picture can be read, one has no label, or the list of
    ///   unreadable ones cannot be written; `EvaluationError` when a feature is not finite or a
    ///   label names no class.
    package func callAsFunction(
        _ model: CLIP, computeDType: DType = .float32, badSamples: BadSampleLog,
        progress: (Int) -> Void = { _ in }
    ) throws -> EvaluationReport {
        let clock = ContinuousClock()
        let start = clock.now
        let encoder = FeatureEncoder(
            model, computeDType: computeDType, batchSize: batchSize, ranks: ranks)
        let classifier = try ZeroShotClassifier(
            prompts, encoder: encoder, tokenize: tokenize, cache: cache)
        var tally = ClassificationTally(classCount: prompts.classNames.count)
        let count = try pass(encoder, badSamples: badSamples, progress: progress) {
            batch, features in
            guard !batch.labels.isEmpty else {
                throw DataError(
                    pass.source.name, "has pictures without a class; expected labelled ones")
            }
            try tally.add(classifier.logits(features), labels: batch.labels)
        }
        try tally.addAll(of: ranks)
        return EvaluationReport(
            tally, classNames: prompts.classNames, folders: folders, badImages: count.badImages,
            seconds: (clock.now - start) / .seconds(1))
    }
}
