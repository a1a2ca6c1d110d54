/// A numbered data set read as a stream, in a new order in every pass, from any place at once.
///
/// A cursor counts the records of the rank in its pass. A record that cannot be read has others of the
/// same pass that can take its place.
package struct IndexedStream: SampleStream {
    private let source: any SampleSource
    private let seed: UInt64
    private let shuffled: Bool
    private let batchSize: Int
    private let coverage: BatchSchedule.Coverage

    package var name: String { source.name }
    package var summary: String { source.summary }
    package var count: Int? { source.count }

    /// Makes a stream of a data set, every sample of which comes in every pass; each rank takes every
    /// so many-th one.
    ///
    /// - Parameters:
    ///   - source: The data.
    ///   - seed: The run's seed, for the order.
    ///   - shuffled: Whether every pass has an order of its own.
    package init(_ source: any SampleSource, seed: UInt64, shuffled: Bool) {
        self.source = source
        self.seed = seed
        self.shuffled = shuffled
        batchSize = 1
        coverage = .everySample
    }

    /// Makes a stream of the batches of a plan.
    init(_ source: any SampleSource, schedule: BatchSchedule) {
        self.source = source
        seed = schedule.seed
        shuffled = schedule.shuffled
        batchSize = schedule.batchSize
        coverage = schedule.coverage
    }

    package func makeReader(share: RankShare, from cursor: StreamCursor) throws
        -> any SampleStreamReader
    {
        Reader(
            source,
            schedule: try BatchSchedule(
                source: source, batchSize: batchSize, rank: share.rank,
                worldSize: share.worldSize, seed: seed, shuffled: shuffled, coverage: coverage),
            cursor: cursor)
    }

    private final class Reader: SampleStreamReader {
        private let source: any SampleSource
        private let schedule: BatchSchedule
        private var order: EpochOrder
        private(set) var cursor: StreamCursor

        init(_ source: any SampleSource, schedule: BatchSchedule, cursor: StreamCursor) {
            self.source = source
            self.schedule = schedule
            self.cursor = cursor
            order = schedule.order(epoch: cursor.pass)
        }

        func next() throws -> StreamRecord {
            if place == nil {
                cursor.pass += 1
                cursor.record = 0
                order = schedule.order(epoch: cursor.pass)
            }
            guard let place else {
                throw DataError(
                    source.name,
                    "has \(source.count) samples, fewer than \(schedule.worldSize) ranks")
            }
            cursor.record += 1
            return record(at: place)
        }

        /// The place of the next record in the order of the pass; nil at its end.
        private var place: Int? {
            let (step, row) = cursor.record.quotientAndRemainder(dividingBy: schedule.batchSize)
            guard step < schedule.batchesPerEpoch else { return nil }
            let places = schedule.places(ofStep: step)
            return row < places.count ? places.lowerBound + row : nil
        }

        private func record(at place: Int) -> StreamRecord {
            let (source, order, pass) = (source, order, cursor.pass)
            @Sendable func sample(_ attempt: Int) -> StreamRecord {
                let index = order[order.place(for: place, attempt: attempt)]
                return StreamRecord(
                    name: SampleName(file: source.name, record: index), pass: pass, key: index,
                    byteCount: 0, repeatsKey: false
                ) {
                    try source.sample(at: index)
                }
            }
            var record = sample(0)
            record.substitute = { $0 < order.count ? sample($0) : nil }
            return record
        }
    }
}
