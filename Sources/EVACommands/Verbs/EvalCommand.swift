internal import ArgumentParser
internal import EVAConfiguration
internal import EVAData
internal import EVAEvaluation
internal import EVAImaging
internal import EVAModels
internal import EVATensorFiles
internal import EVATokenizer
internal import EVATraining
internal import Foundation
internal import Torch
internal import TorchParallel

/// `evaclip eval`: zero-shot classification and retrieval.
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluates a model zero-shot: classification and retrieval.")

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run() throws {
        guard let flags = try FlagInput.read(arguments, verb: .eval) else { return }
        let configuration = try EvaluationConfiguration(flags: flags)
        let launch = try Ranks.launch()
        for warning in configuration.warnings(of: flags) { Console.warning(warning) }
        guard !flags.bool("print_config") else {
            return print(RunConfigurationFile.text(of: flags), terminator: "")
        }
        try ThreadLimits.check(
            threads: configuration.threadCount, readers: configuration.workerCount)
        try configuration.outputDirectory.map(OutputFolder.prepare)
        let description = try ModelLocator.locate(configuration.model)
        let processors = Processors.share(amongRanks: launch?.localSize ?? 1)
        let readerThreads = try ReaderThreads.count(
            configuration.workerCount, processors: processors)
        let ranks = try Ranks.join(launch)
        ranks.enter("opening data and model")
        let evaluator = try Self.evaluator(
            configuration, for: description, readerThreads: readerThreads, on: ranks)
        for note in evaluator.notes { Console.note(note) }
        let device = try ComputeDevice.prepare(
            named: configuration.device, threadCount: configuration.threadCount,
            processors: processors)
        if device == .cpu {
            try InferenceMemory(
                model: description,
                batchSize: min(configuration.batchSize, max(1, evaluator.imageCount)),
                batchFlag: "per_device_eval_batch_size",
                elementSize: configuration.precision.compute == .float32 ? 4 : 2
            ).check()
        }
        let clip = try CLIP(
            loading: description, device: device, dtype: Self.dtype(configuration.precision.compute)
        ) { weights in
            for note in weights.notes { Console.note(note) }
        }
        ranks.enter("the evaluation")
        let results = try evaluate(clip, by: evaluator, configuration, on: ranks)
        try ranks.leave()
        guard ranks.isWriter else { return }
        Console.result(results.table(), lines: true, terminator: "")
        if let output = configuration.outputDirectory {
            try results.write(to: output + "/eval.json")
        }
    }

    private static func evaluator(
        _ configuration: EvaluationConfiguration, for model: ModelDescription, readerThreads: Int,
        on ranks: ParallelContext
    ) throws -> TaskEvaluator {
        let tokenizer = try CLIPTokenizer.published()
        try TokenVocabulary.check(model.configuration, against: tokenizer)
        let length = model.configuration.text.contextLength
        let folder =
            // Ranks build a classifier together, or none of them does.
            configuration.keepsClassifiers && ranks.world.size == 1
            ? CacheFolder.path(environment: ProcessInfo.processInfo.environment) : nil
        let cache = folder.map { ClassifierCache(folder: $0 + "/classifiers", note: Console.note) }
        return try TaskEvaluator(
            configuration.tasks,
            preparation: SamplePreparation(
                transform: .evaluation(EvaluationTransform(model.preprocessing)),
                tokenizer: tokenizer, contextLength: length),
            batchSize: configuration.batchSize, batchLimit: configuration.maxBatches,
            readerThreads: readerThreads, cache: cache, ranks: ranks.world
        ) { tokenizer.encode($0, contextLength: length) }
    }

    private func evaluate(
        _ clip: CLIP, by evaluator: TaskEvaluator, _ configuration: EvaluationConfiguration,
        on ranks: ParallelContext
    ) throws -> EvaluationResults {
        var progress = ProgressLine(
            total: evaluator.imageCount, unit: "pictures",
            isWanted: configuration.showsProgress && ranks.isWriter)
        defer { progress.finish() }
        return try evaluator(
            clip, computeDType: Self.dtype(configuration.precision.compute),
            badSamples: BadSampleLog(
                path: ranks.isWriter
                    ? configuration.outputDirectory.map { $0 + "/bad_samples.jsonl" } : nil)
        ) { progress.update($0) }
    }

    private static func dtype(_ type: PrecisionConfiguration.ComputeType) -> DType {
        switch type {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }
}
