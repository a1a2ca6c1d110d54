package import EVAConfiguration
package import EVAData
internal import EVAImaging
internal import EVATokenizer
internal import TorchParallel

/// What a run trains on: the samples, their order and how they are prepared.
package struct TrainingData {
    /// Where batches come from.
    private enum Content {
        /// One data set of known length, any place of which is found at once.
        case samples(any SampleSource, BatchSchedule)
        /// Data that is read from the front.
        case stream(StreamMixture)
    }

    /// What the data is called: its file or folder.
    package let name: String
    /// What was found, in one line for the person who started the run.
    package let summary: String
    /// Samples of an epoch; `nil` where the data does not know its length and nobody says it.
    package let sampleCount: Int?
    private let content: Content
    private let share: RankShare
    private let preparation: SamplePreparation
    private let configuration: TrainingDataConfiguration

    /// Opens the data that the configuration names.
    ///
    /// - Throws: `DataError` or `TensorFileError` when it is missing, faulty, or smaller than a
    ///   batch.
    package init(
        _ configuration: TrainingDataConfiguration, model: ModelConfiguration,
        preprocessing: PreprocessingConfiguration, seed: Int, dataRank: Int, dataWorldSize: Int
    ) throws {
        self.configuration = configuration
        _ = try ReaderThreads.count(configuration.workerCount)
        let seed = UInt64(bitPattern: Int64(seed))
        share = RankShare(rank: dataRank, worldSize: dataWorldSize)
        let parts = try DataSpelling.open(configuration, model: model, seed: seed)
        if parts.count == 1, case .samples(let source) = parts[0] {
            content = .samples(
                source,
                try BatchSchedule(
                    source: source, batchSize: configuration.batchSize, rank: dataRank,
                    worldSize: dataWorldSize, seed: seed, shuffled: configuration.shuffles,
                    coverage: .fullBatches))
            name = source.name
            summary = source.summary
            sampleCount = source.count
        } else {
            let mixture = try Self.mixture(of: parts, configuration, seed: seed)
            content = .stream(mixture)
            name = mixture.name
            summary = mixture.summary
            sampleCount = configuration.sampleCount ?? mixture.count
            let needed = configuration.batchSize * dataWorldSize
            if let sampleCount, sampleCount < needed {
                throw DataError(
                    name,
                    "an epoch of \(sampleCount) samples is less than one batch of \(needed); use a "
                        + "smaller batch, or another --train_num_samples")
            }
        }
        preparation = SamplePreparation(
            transform: configuration.augmentation == .none
                ? .evaluation(EvaluationTransform(preprocessing))
                : .training(
                    TrainingTransform(preprocessing, data: configuration)),
            tokenizer: try CLIPTokenizer.published(), contextLength: model.text.contextLength,
            seed: seed)
    }

    /// Batches that every rank takes in one epoch; `nil` where an epoch has no length.
    package var batchesPerEpoch: Int? {
        switch content {
        case .samples(_, let schedule): schedule.batchesPerEpoch
        case .stream: sampleCount.map { $0 / (configuration.batchSize * share.worldSize) }
        }
    }

    /// The place that a number of batches from the start of the run leads to.
    package func position(afterBatches batches: Int) -> BatchPosition {
        switch content {
        case .samples(_, let schedule): schedule.position(afterBatches: batches)
        case .stream: BatchPosition(step: batches)
        }
    }

    /// Batches for ever.
    ///
    /// - Parameters:
    ///   - start: Where to begin.
    ///   - stream: Where a stream stands there; `nil` at its beginning.
    ///   - badSamples: Where unreadable samples are listed.
    /// - Throws: `DataError` when there is nothing for this rank, or the place is of other data.
    package func batches(
        from start: BatchPosition, stream: StreamPosition?, badSamples: BadSampleLog
    ) throws -> any BatchSupply {
        let limit: BadSampleLimit =
            switch configuration.badSampleLimit {
            case .share(let share): .share(share)
            case .count(let count): .count(count)
            }
        let threads = try ReaderThreads.count(configuration.workerCount)
        switch content {
        case .samples(let source, let schedule):
            return try BatchLoader(
                source: source, schedule: schedule, preparation: preparation,
                start: start, readerThreads: threads,
                badRecords: .replace(limit), badSamples: badSamples)
        case .stream(let mixture):
            return try BatchLoader(
                mixture: mixture, share: share, batchSize: configuration.batchSize,
                preparation: preparation, start: stream, firstStep: start.step,
                readerThreads: threads, badRecords: .replace(limit), badSamples: badSamples)
        }
    }

    /// Opens the data sets that a configuration names, to be read once from front to back.
    ///
    /// - Throws: `DataError` or `TensorFileError` when one is missing or faulty, or when the model
    ///   cannot take it.
    package static func streams(
        _ configuration: TrainingDataConfiguration, model: ModelConfiguration, seed: Int
    ) throws -> [any SampleStream] {
        let seed = UInt64(bitPattern: Int64(seed))
        return try DataSpelling.open(configuration, model: model, seed: seed).map {
            try stream(of: $0, seed: seed, shuffled: false)
        }
    }

    private static func stream(of part: DataSpelling.Part, seed: UInt64, shuffled: Bool) throws
        -> any SampleStream
    {
        switch part {
        case .samples(let source):
            IndexedStream(source, seed: seed, shuffled: shuffled)
        case .shards(let name, let paths, let format):
            try ShardStream(
                name: name, shards: paths, format: format,
                sizes: format == .webDataset ? ShardSizes(of: paths) : ShardSizes(), seed: seed,
                shuffled: shuffled)
        }
    }

    private static func mixture(
        of parts: [DataSpelling.Part], _ configuration: TrainingDataConfiguration, seed: UInt64
    ) throws -> StreamMixture {
        let parts = configuration.upsamplingFactors == nil ? joined(parts) : parts
        let streams = try parts.map {
            try stream(of: $0, seed: seed, shuffled: configuration.shuffles)
        }
        if streams.count == 1, configuration.upsamplingFactors == nil {
            return StreamMixture(streams[0])
        }
        return try StreamMixture(
            streams,
            factors: configuration.upsamplingFactors
                ?? Array(repeating: 1, count: streams.count))
    }

    /// Shards of several words are one list of shards, unless they are weighed against each other.
    private static func joined(_ parts: [DataSpelling.Part]) -> [DataSpelling.Part] {
        parts.reduce(into: []) { joined, part in
            if case .shards(let name, let paths, let format) = part,
                case .shards(let lastName, let lastPaths, let lastFormat) = joined.last,
                format == lastFormat
            {
                joined[joined.count - 1] = .shards(
                    name: lastName + ShardPattern.separator + name, paths: lastPaths + paths,
                    format: format)
            } else {
                joined.append(part)
            }
        }
    }
}
