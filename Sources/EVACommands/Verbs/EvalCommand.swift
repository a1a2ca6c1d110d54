internal import ArgumentParser
internal import EVAConfiguration
internal import EVAData
internal import EVAEvaluation
internal import EVAImaging
internal import EVAModels
internal import EVATokenizer
internal import EVATraining
internal import Foundation
internal import Torch

/// `evaclip eval`: zero-shot accuracy on a folder of labelled pictures.
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluates a model zero-shot on a folder of labelled pictures.")

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run() throws {
        guard let flags = try FlagInput.read(arguments, verb: .eval) else { return }
        let configuration = try EvaluationConfiguration(flags: flags)
        guard !flags.bool("print_config") else {
            return try FlagInput.printConfiguration(configuration)
        }
        try refuseUnsupported(configuration.precision)
        try configuration.outputDirectory.map(OutputFolder.prepare)
        let description = try ModelLocator.locate(configuration.model)
        let folder = try EvaluationFolder(path: configuration.folder)
        let device = try ComputeDevice.prepare(
            named: configuration.device, threadCount: configuration.threadCount)
        let clip = try CLIP(loading: description, device: device)
        let report = try evaluate(clip, description, folder, configuration)
        print(report.table())
        if let output = configuration.outputDirectory {
            try report.write(to: output + "/eval.json")
        }
    }

    private func refuseUnsupported(_ precision: PrecisionConfiguration) throws(UsageError) {
        guard precision.compute != .float16 else {
            throw UsageError("--fp16: this version does not do that yet; use --bf16")
        }
        guard !precision.usesMasterWeights else {
            throw UsageError("--fp16_opt_level O2: this version does not do that yet; use O1")
        }
    }

    private func evaluate(
        _ clip: CLIP, _ description: ModelDescription, _ folder: EvaluationFolder,
        _ configuration: EvaluationConfiguration
    ) throws -> EvaluationReport {
        let tokenizer = try CLIPTokenizer.published()
        try TokenVocabulary.check(description.configuration, against: tokenizer)
        let length = description.configuration.text.contextLength
        let evaluator = try ZeroShotEvaluator(
            folder,
            preparation: SamplePreparation(
                transform: .evaluation(EvaluationTransform(description.preprocessing)),
                tokenizer: tokenizer, contextLength: length),
            batchSize: configuration.batchSize, batchLimit: configuration.maxBatches,
            readerThreads: ReaderThreads.count(configuration.workerCount)
        ) { tokenizer.encode($0, contextLength: length) }
        var progress = ProgressLine(
            total: folder.images.count, unit: "pictures",
            isWanted: configuration.showsProgress)
        let report = try evaluator(
            clip, computeDType: configuration.precision.compute == .bfloat16 ? .bfloat16 : .float32,
            badSamples: BadSampleLog(
                path: configuration.outputDirectory.map { $0 + "/bad_samples.jsonl" })
        ) { progress.update($0) }
        progress.finish()
        return report
    }
}
