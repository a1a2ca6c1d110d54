/// Streams that are read as one, each with its weight.
///
/// Every record comes from the stream that is owed most: each gains its weight, and the one that is
/// chosen pays the sum of all (smooth weighted round-robin, as nginx divides requests). So no chance
/// is involved, the proportion holds in every stretch, and in as many records as the weights add up
/// to, each stream is read exactly as often as its weight says.
package struct StreamMixture: Sendable {
    /// The streams, at least one.
    package let streams: [any SampleStream]
    /// How much of each, in no particular unit.
    let weights: [Int]
    /// Records of an epoch; `nil` when a stream does not know its length.
    package let count: Int?

    /// What to call the data in messages.
    package var name: String { streams.map(\.name).joined(separator: ShardPattern.separator) }

    /// What was found, with each stream's part where there are several.
    package var summary: String {
        guard streams.count > 1 else { return streams[0].summary }
        let sum = Double(weights.reduce(0, +))
        return zip(streams, weights).map { stream, weight in
            let percent = (1000 * Double(weight) / sum).rounded() / 10
            return "\(percent) % from \(stream.summary)"
        }.joined(separator: "; ")
    }

    /// Reads one stream alone.
    package init(_ stream: any SampleStream) {
        streams = [stream]
        weights = [1]
        count = stream.count
    }

    /// Mixes streams.
    ///
    /// - Parameters:
    ///   - streams: The streams.
    ///   - factors: How often a record of each stream is read beside one of a stream of factor 1, as
    ///     open_clip's upsampling factors. An epoch reads each stream so many times.
    /// - Throws: `DataError` when the factors do not fit the streams, or when the streams cannot be
    ///   compared: they know their lengths, or all are shards, which count as equally long.
    package init(_ streams: [any SampleStream], factors: [Double]) throws(DataError) {
        guard streams.count == factors.count, !streams.isEmpty else {
            throw DataError(
                "--train_data_upsampling_factors",
                "expected \(streams.count) numbers, one for each data set, got \(factors.count)")
        }
        guard factors.allSatisfy({ $0 > 0 && $0 <= 1000 }) else {
            throw DataError(
                "--train_data_upsampling_factors", "expected numbers above 0, at most 1000")
        }
        let counts = streams.map(\.count)
        let shards = streams.map { ($0 as? ShardStream)?.shards.count }
        guard !counts.contains(nil) || !shards.contains(nil) else {
            let index = counts.firstIndex(of: nil) ?? 0
            throw DataError(
                streams[index].name,
                "how many samples it has is not known, so it cannot be mixed with data that is no "
                    + "shards; write sizes.json beside the shards: {\"00000.tar\": 9000, ...}")
        }
        func weigh(_ sizes: [Int?], scale: Double) -> [Int] {
            zip(sizes, factors).map { max(1, Int((Double($0 ?? 0) * $1 * scale).rounded())) }
        }
        self.streams = streams
        if counts.contains(nil) {
            weights = weigh(shards, scale: 1000)
            count = nil
        } else {
            weights = weigh(counts, scale: 1)
            count = weights.reduce(0, +)
        }
    }

    /// Reads on from a position.
    ///
    /// - Throws: `DataError` when a stream has nothing for this rank, or the position is of another
    ///   mixture.
    func makeReader(share: RankShare, from position: StreamPosition) throws -> Reader {
        guard position.credits.count == streams.count, position.cursors.count == streams.count
        else {
            throw DataError(
                name,
                "the saved position is one in \(position.cursors.count) data sets, this run reads "
                    + "\(streams.count)")
        }
        return try Reader(self, share: share, position: position)
    }

    /// Reads a mixture; used by one thread at a time.
    final class Reader {
        private let mixture: StreamMixture
        private let sum: Int
        private let readers: [any SampleStreamReader]
        /// Where the next record stands.
        private(set) var position: StreamPosition

        fileprivate init(
            _ mixture: StreamMixture, share: RankShare, position: StreamPosition
        ) throws {
            self.mixture = mixture
            self.position = position
            sum = mixture.weights.reduce(0, +)
            readers = try zip(mixture.streams, position.cursors).map {
                try $0.makeReader(share: share, from: $1)
            }
        }

        /// The next record.
        ///
        /// - Throws: `DataError` when a stream has no record at all.
        func next() throws -> StreamRecord {
            var chosen = 0
            for index in readers.indices {
                position.credits[index] += mixture.weights[index]
                if position.credits[index] > position.credits[chosen] { chosen = index }
            }
            position.credits[chosen] -= sum
            let record = try readers[chosen].next()
            position.cursors[chosen] = readers[chosen].cursor
            position.records += 1
            return record
        }
    }
}
