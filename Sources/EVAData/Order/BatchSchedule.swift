/// Which samples make up which batch, for every epoch, batch and rank.
///
/// Batch `n` of all ranks together is a run of neighbouring places in the epoch's order, and rank `r`
/// holds the `r`-th equal part of it. Ranks times batch size being the same, the samples of a global
/// batch are therefore the same for any number of ranks.
package struct BatchSchedule: Sendable {
    /// What happens where the samples do not come out even.
    package enum Coverage: Sendable {
        /// For training: every batch is full, and the samples left over wait for the next epoch's
        /// order.
        case fullBatches
        /// For evaluation: every sample comes once, so the last batch may be short.
        case everySample
    }

    /// How many samples the source has.
    package let sampleCount: Int
    /// Samples of one batch on one rank.
    package let batchSize: Int
    /// Which of the ranks that share the data this is.
    package let rank: Int
    /// How many ranks share the data.
    package let worldSize: Int
    /// The run's seed, for the order.
    package let seed: UInt64
    /// Whether every epoch has an order of its own.
    package let shuffled: Bool
    /// What happens where the samples do not come out even.
    package let coverage: Coverage

    /// Plans the batches.
    ///
    /// - Parameters:
    ///   - source: The data, for its size and for messages.
    ///   - batchSize: Samples of one batch on one rank.
    ///   - rank: Which of the ranks that share the data this is.
    ///   - worldSize: How many ranks share the data.
    ///   - seed: The run's seed.
    ///   - shuffled: Whether every epoch has an order of its own.
    ///   - coverage: What happens where the samples do not come out even.
    /// - Throws: `DataError` when there are too few samples for one batch.
    package init(
        source: any SampleSource, batchSize: Int, rank: Int = 0, worldSize: Int = 1,
        seed: UInt64 = 0, shuffled: Bool, coverage: Coverage
    ) throws(DataError) {
        guard batchSize > 0, worldSize > 0, (0..<worldSize).contains(rank) else {
            throw DataError(
                source.name,
                "expected a batch size of at least 1 and a rank in 0 ..< \(worldSize), "
                    + "got batch size \(batchSize) and rank \(rank)")
        }
        let needed = coverage == .fullBatches ? batchSize * worldSize : 1
        guard source.count >= needed else {
            let ranks = worldSize > 1 ? " on each of \(worldSize) ranks" : ""
            throw DataError(
                source.name,
                source.count == 0
                    ? "the data set is empty"
                    : "the data set has \(source.count) samples, fewer than one batch of "
                        + "\(batchSize)\(ranks); use a smaller batch or more data")
        }
        sampleCount = source.count
        self.batchSize = batchSize
        self.rank = rank
        self.worldSize = worldSize
        self.seed = seed
        self.shuffled = shuffled
        self.coverage = coverage
    }

    /// Batches that every rank takes in one epoch.
    package var batchesPerEpoch: Int {
        let global = batchSize * worldSize
        return coverage == .fullBatches
            ? sampleCount / global : (sampleCount + global - 1) / global
    }

    /// The order of one epoch.
    package func order(epoch: Int) -> EpochOrder {
        EpochOrder(count: sampleCount, seed: seed, epoch: epoch, shuffled: shuffled)
    }

    /// The places in the epoch's order that make up this rank's part of a batch.
    ///
    /// - Parameter step: A batch in `0 ..< batchesPerEpoch`.
    /// - Returns: `batchSize` places; fewer, even none, in the last batch of `everySample`.
    package func places(ofStep step: Int) -> Range<Int> {
        let start = min((step * worldSize + rank) * batchSize, sampleCount)
        return start..<min(start + batchSize, sampleCount)
    }

    /// The place after another one.
    package func position(after position: BatchPosition) -> BatchPosition {
        position.step + 1 < batchesPerEpoch
            ? BatchPosition(epoch: position.epoch, step: position.step + 1)
            : BatchPosition(epoch: position.epoch + 1)
    }

    /// The place that a number of batches from the start of the run leads to.
    package func position(afterBatches batches: Int) -> BatchPosition {
        BatchPosition(epoch: batches / batchesPerEpoch, step: batches % batchesPerEpoch)
    }
}
