/// A numbered data set read as a stream, in a new order in every pass.
package struct IndexedStream: SampleStream {
    private let source: any SampleSource
    private let seed: UInt64
    private let shuffled: Bool

    package var name: String { source.name }
    package var summary: String { source.summary }
    package var count: Int? { source.count }

    /// Makes a stream of a data set.
    ///
    /// - Parameters:
    ///   - source: The data set.
    ///   - seed: The run's seed, for the order.
    ///   - shuffled: Whether every pass has an order of its own.
    package init(_ source: any SampleSource, seed: UInt64, shuffled: Bool) {
        self.source = source
        self.seed = seed
        self.shuffled = shuffled
    }

    package func makeReader(share: RankShare, from cursor: StreamCursor) throws
        -> any SampleStreamReader
    {
        guard source.count >= share.worldSize else {
            throw DataError(
                name, "has \(source.count) samples, fewer than \(share.worldSize) ranks")
        }
        return Reader(self, share: share, cursor: cursor)
    }

    private final class Reader: SampleStreamReader {
        private let stream: IndexedStream
        private let share: RankShare
        private var order: EpochOrder
        private(set) var cursor: StreamCursor

        init(_ stream: IndexedStream, share: RankShare, cursor: StreamCursor) {
            self.stream = stream
            self.share = share
            self.cursor = cursor
            order = stream.order(ofPass: cursor.pass)
        }

        func next() -> StreamRecord {
            if cursor.record >= share.count(of: order.count) {
                cursor.pass += 1
                cursor.record = 0
                order = stream.order(ofPass: cursor.pass)
            }
            let index = order[cursor.record * share.worldSize + share.rank]
            cursor.record += 1
            let source = stream.source
            return StreamRecord(
                name: SampleName(file: source.name, record: index), pass: cursor.pass, key: index,
                byteCount: 0, repeatsKey: false
            ) {
                try source.sample(at: index)
            }
        }
    }

    private func order(ofPass pass: Int) -> EpochOrder {
        EpochOrder(count: source.count, seed: seed, epoch: pass, shuffled: shuffled)
    }
}
