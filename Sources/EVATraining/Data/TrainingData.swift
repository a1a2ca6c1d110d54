package import EVAConfiguration
package import EVAData
internal import EVAImaging
internal import EVATokenizer
internal import Foundation
internal import TorchParallel

/// What a run trains on: the samples, their order and how they are prepared.
package struct TrainingData {
    package let source: any SampleSource
    package let schedule: BatchSchedule
    private let preparation: SamplePreparation
    private let configuration: TrainingDataConfiguration

    /// Opens the data set that the configuration names.
    ///
    /// - Throws: `DataError` or `TensorFileError` when it is missing, faulty, or smaller than a
    ///   batch.
    package init(
        _ configuration: TrainingDataConfiguration, model: ModelConfiguration,
        preprocessing: PreprocessingConfiguration, seed: Int, dataRank: Int, dataWorldSize: Int
    ) throws {
        self.configuration = configuration
        source = try Self.open(configuration, model: model, seed: seed)
        schedule = try BatchSchedule(
            source: source, batchSize: configuration.batchSize, rank: dataRank,
            worldSize: dataWorldSize, seed: UInt64(bitPattern: Int64(seed)),
            shuffled: configuration.shuffles, coverage: .fullBatches)
        preparation = SamplePreparation(
            transform: configuration.augmentation == .none
                ? .evaluation(EvaluationTransform(preprocessing))
                : .training(
                    TrainingTransform(preprocessing, data: configuration)),
            tokenizer: try CLIPTokenizer.published(), contextLength: model.text.contextLength,
            seed: UInt64(bitPattern: Int64(seed)))
    }

    /// Batches from `start` on, for ever.
    package func loader(from start: BatchPosition, badSamples: BadSampleLog) -> BatchLoader {
        let limit: BadSampleLimit =
            switch configuration.badSampleLimit {
            case .share(let share): .share(share)
            case .count(let count): .count(count)
            }
        return BatchLoader(
            source: source, schedule: schedule, preparation: preparation, start: start,
            readerThreads: ReaderThreads.count(configuration.workerCount), limit: limit,
            badSamples: badSamples)
    }

    /// Opens the data set that a configuration names.
    ///
    /// - Throws: `DataError` or `TensorFileError` when it is missing or faulty, or when the model
    ///   cannot take it.
    package static func open(
        _ configuration: TrainingDataConfiguration, model: ModelConfiguration, seed: Int
    ) throws -> any SampleSource {
        let task = configuration.task
        if task.hasPrefix(TensorsSource.prefix) {
            return try TensorsSource(
                path: String(task.dropFirst(TensorsSource.prefix.count)),
                imageSize: model.vision.imageSize, contextLength: model.text.contextLength,
                vocabularySize: model.text.vocabularySize)
        }
        let source = try openTexts(configuration, model: model, seed: seed)
        try TokenVocabulary.check(model, against: CLIPTokenizer.published())
        return source
    }

    /// Opens pictures with texts that are to be tokenized.
    private static func openTexts(
        _ configuration: TrainingDataConfiguration, model: ModelConfiguration, seed: Int
    ) throws -> any SampleSource {
        switch configuration.task {
        case "shapes":
            return ShapesSource(
                split: .training, count: configuration.sampleCount ?? 100_000,
                imageSize: model.vision.imageSize, seed: UInt64(bitPattern: Int64(seed)))
        case "coco_clip", "coco_karpathy":
            let root =
                configuration.root
                ?? COCOKarpathySource.defaultRoot(
                    environment: ProcessInfo.processInfo.environment)
            return try COCOKarpathySource(root: root, split: .train)
        default:
            return try openFile(configuration)
        }
    }

    /// Opens the file that the task is the path of, by its name's ending.
    private static func openFile(_ configuration: TrainingDataConfiguration) throws
        -> any SampleSource
    {
        let path = configuration.task
        let name = path.lowercased()
        if TableSource.accepts(path) {
            return try TableSource(
                path: path, folder: configuration.root,
                pictureColumn: configuration.imageColumn,
                captionColumn: configuration.captionColumn,
                separator: configuration.separator?.utf8.first)
        }
        if name.hasSuffix(".json") || name.hasSuffix(".jsonl") {
            return try COCOKarpathySource(captions: path, imagesFolder: configuration.root)
        }
        throw DataError(
            "--task_name \(path)",
            "expected coco_clip, shapes, FILE.csv, FILE.tsv, FILE.json, FILE.jsonl or "
                + "tensors:FILE.safetensors")
    }
}
