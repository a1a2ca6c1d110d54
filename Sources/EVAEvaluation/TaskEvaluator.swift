package import EVAConfiguration
package import EVAData
package import EVAModels
package import Torch
package import TorchParallel

/// The evaluations that a run asks for, opened and checked before the model is there.
package struct TaskEvaluator {
    /// What was found, and what a person should know about it, a line each.
    package let notes: [String]
    /// Pictures that one evaluation goes through.
    package let imageCount: Int
    private let classification: ZeroShotEvaluator?
    private let retrieval: RetrievalEvaluator?
    private let linearProbe: LinearProbeEvaluator?

    /// Opens the data of each task.
    ///
    /// - Parameters:
    ///   - tasks: what is evaluated.
    ///   - preparation: how pictures are prepared; the evaluation transform of the model.
    ///   - batchSize: pictures or texts that are in the model at once.
    ///   - batchLimit: batches after which a task ends, but the probe, which needs all of its
    ///     pictures; nil for all.
    ///   - readerThreads: threads that prepare pictures; 0 prepares them in between.
    ///   - cache: where classifiers are kept; nil keeps none.
    ///   - ranks: those that divide pictures and texts among them; all evaluate together and find
    ///     the same.
    ///   - tokenize: gives a text's token ids, cut to the model's context.
    /// - Throws: `DataError` or `TensorFileError` when data is missing or faulty.
    package init(
        _ tasks: EvaluationTasks, preparation: SamplePreparation, batchSize: Int,
        batchLimit: Int? = nil, readerThreads: Int, cache: ClassifierCache? = nil,
        ranks: any ProcessGroup = SingleProcessGroup(), tokenize: @escaping (String) -> [Int32]
    ) throws {
        var notes: [String] = []
        var imageCount = 0
        classification = try tasks.classification.map { path in
            let folder = try EvaluationFolder(
                path: path, labels: tasks.labels, templates: tasks.templates)
            notes += [folder.images.summary] + folder.notes
            imageCount += folder.images.count
            return try ZeroShotEvaluator(
                folder, preparation: preparation, batchSize: batchSize, batchLimit: batchLimit,
                readerThreads: readerThreads, cache: cache, ranks: ranks, tokenize: tokenize)
        }
        retrieval = try tasks.retrieval.map { path in
            let data = try RetrievalSet(
                path: path, split: tasks.retrievalSplit == .test ? .test : .validation)
            notes.append(data.images.summary)
            imageCount += data.images.count
            return RetrievalEvaluator(
                data, preparation: preparation, batchSize: batchSize, batchLimit: batchLimit,
                readerThreads: readerThreads, ranks: ranks, tokenize: tokenize)
        }
        linearProbe = try tasks.linearProbe.map { path in
            let folder = try LinearProbeFolder(path: path)
            notes += [folder.training.summary, folder.evaluation.summary]
            imageCount += folder.training.count + folder.evaluation.count
            return LinearProbeEvaluator(
                folder, l2: tasks.linearProbeL2, preparation: preparation, batchSize: batchSize,
                readerThreads: readerThreads, ranks: ranks)
        }
        self.notes = notes
        self.imageCount = imageCount
    }

    /// Evaluates a model with the weights that it has at the time.
    ///
    /// - Parameters:
    ///   - model: the model.
    ///   - computeDType: the dtype of matrix products; scores are fp32 in any case.
    ///   - badSamples: where unreadable pictures are listed.
    ///   - progress: called after each batch with the number of pictures done, of all tasks.
    /// - Throws: `DataError` when no picture can be read or the list of unreadable ones cannot be
    ///   written; `EvaluationError` when a feature is not finite; `TorchError` when the machine cannot
    ///   compute it.
    package func callAsFunction(
        _ model: CLIP, computeDType: DType = .float32, badSamples: BadSampleLog,
        progress: (Int) -> Void = { _ in }
    ) throws -> EvaluationResults {
        try throwingTorchFailures {
            var results = EvaluationResults()
            results.classification = try classification?(
                model, computeDType: computeDType, badSamples: badSamples, progress: progress)
            let classified = results.classification?.images ?? 0
            results.retrieval = try retrieval?(
                model, computeDType: computeDType, badSamples: badSamples
            ) { progress(classified + $0) }
            let done = classified + (results.retrieval?.images ?? 0)
            results.linearProbe = try linearProbe?(
                model, computeDType: computeDType, badSamples: badSamples
            ) { progress(done + $0) }
            return results
        }
    }
}
