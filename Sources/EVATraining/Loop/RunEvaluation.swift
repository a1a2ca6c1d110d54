internal import EVAConfiguration
internal import EVAData
internal import EVAEvaluation
internal import EVAImaging
internal import EVAModels
internal import EVAOptimization
internal import EVATokenizer
internal import Torch
internal import TorchParallel

/// Evaluation in the course of training.
struct RunEvaluation {
    private let evaluator: TaskEvaluator
    private let computeDType: DType

    /// The evaluation that a configuration asks for; nil where it asks for none.
    ///
    /// - Throws: `DataError` when data is missing or faulty.
    init?(
        _ configuration: TrainingConfiguration, for model: ModelDescription,
        on ranks: ParallelContext
    ) throws {
        let settings = configuration.evaluation
        guard settings.schedule != .never else { return nil }
        let tokenizer = try CLIPTokenizer.published()
        try TokenVocabulary.check(model.configuration, against: tokenizer)
        let length = model.configuration.text.contextLength
        computeDType = configuration.precision.computeDType
        evaluator = try TaskEvaluator(
            settings.tasks,
            preparation: SamplePreparation(
                transform: .evaluation(EvaluationTransform(model.preprocessing)),
                tokenizer: tokenizer, contextLength: length),
            batchSize: settings.batchSize, batchLimit: settings.maxBatches,
            readerThreads: try ReaderThreads.count(configuration.data.workerCount),
            ranks: ranks.dataRanks
        ) { tokenizer.encode($0, contextLength: length) }
    }

    var notes: [String] { evaluator.notes }

    /// Evaluates the present weights, and their average.
    func callAsFunction(_ model: TrainedModel, afterStep step: Int) throws -> EvaluationEntry {
        func evaluateWeights() throws -> EvaluationResults {
            try model.whileWhole {
                try evaluator(model.clip, computeDType: computeDType, badSamples: BadSampleLog())
            }
        }
        return EvaluationEntry(
            step: step, try evaluateWeights(),
            average: try model.average?.whileInPlace(evaluateWeights))
    }
}
