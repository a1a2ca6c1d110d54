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
                    TrainingTransform(
                        preprocessing, flipProbability: configuration.flips ? 0.5 : 0)),
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

    private static func open(
        _ configuration: TrainingDataConfiguration, model: ModelConfiguration, seed: Int
    ) throws -> any SampleSource {
        if configuration.task.hasPrefix(TensorsSource.prefix) {
            return try TensorsSource(
                path: String(configuration.task.dropFirst(TensorsSource.prefix.count)),
                imageSize: model.vision.imageSize, contextLength: model.text.contextLength,
                vocabularySize: model.text.vocabularySize)
        }
        switch configuration.task {
        case "shapes":
            try TokenVocabulary.check(model, against: CLIPTokenizer.published())
            return ShapesSource(
                split: .training, count: configuration.sampleCount ?? 100_000,
                imageSize: model.vision.imageSize, seed: UInt64(bitPattern: Int64(seed)))
        case "coco_clip", "coco_karpathy":
            try TokenVocabulary.check(model, against: CLIPTokenizer.published())
            let root =
                configuration.root
                ?? COCOKarpathySource.defaultRoot(
                    environment: ProcessInfo.processInfo.environment)
            return try COCOKarpathySource(root: root, split: .train)
        default:
            throw DataError(
                "--task_name \(configuration.task)",
                "expected coco_clip, shapes or tensors:FILE.safetensors")
        }
    }
}
