internal import EVAConfiguration
internal import EVAData
internal import EVAEvaluation
internal import EVAImaging
internal import EVAModels
internal import EVAOptimization
internal import EVATokenizer

// Evaluation in the course of training.
extension Trainer {
    /// The evaluation that the configuration asks for; nil where it asks for none.
    ///
    /// - Throws: `DataError` when data is missing or faulty.
    static func evaluator(_ configuration: TrainingConfiguration, for model: ModelDescription)
        throws -> TaskEvaluator?
    {
        let settings = configuration.evaluation
        guard settings.schedule != .never else { return nil }
        let tokenizer = try CLIPTokenizer.published()
        try TokenVocabulary.check(model.configuration, against: tokenizer)
        let length = model.configuration.text.contextLength
        return try TaskEvaluator(
            settings.tasks,
            preparation: SamplePreparation(
                transform: .evaluation(EvaluationTransform(model.preprocessing)),
                tokenizer: tokenizer, contextLength: length),
            batchSize: settings.batchSize, batchLimit: settings.maxBatches,
            readerThreads: try ReaderThreads.count(configuration.data.workerCount)
        ) { tokenizer.encode($0, contextLength: length) }
    }

    /// Evaluates the present weights, and their average, and logs the result in `eval.jsonl`.
    func evaluate() throws -> EvaluationEntry {
        guard let evaluator else { fatalError("an evaluation is due in a run without one") }
        func evaluateWeights() throws -> EvaluationResults {
            try evaluator(clip, computeDType: computeDType, badSamples: BadSampleLog())
        }
        let entry = EvaluationEntry(
            step: state.step, try evaluateWeights(),
            average: try average?.whileInPlace(evaluateWeights))
        try evaluations.append(entry)
        try tensorBoard?.append(entry)
        return entry
    }
}
