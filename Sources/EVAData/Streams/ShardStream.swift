package import EVAHTTP
internal import Glibc

/// Samples in many files of unknown length: one seeded order of the files a pass, divided among the
/// ranks, and an order of neighbouring samples within.
///
/// Only the list of files is held, never an index of samples, so the first step waits for nothing
/// but the first window, however large the data. A run that goes on reads the shard that it stopped
/// in again from the front, up to where it was.
package struct ShardStream: SampleStream {
    package let name: String
    /// The files.
    package let shards: [String]
    private let format: ShardFormat
    private let sizes: ShardSizes
    private let seed: UInt64
    private let shuffled: Bool
    private let limits: ShardWindow.Limits
    private let remote: RemoteAccess

    package var count: Int? { sizes.total }

    package var summary: String {
        "\(name): \(shards.count) \(format == .lines ? "parts" : "shards")"
            + (count.map { " of \($0) samples together" } ?? "")
    }

    /// Opens a list of shards.
    ///
    /// - Parameters:
    ///   - name: What to call the data set.
    ///   - shards: The files, at least one: paths, or addresses on servers.
    ///   - format: How they are written.
    ///   - sizes: How many samples they have, where that is known.
    ///   - seed: The run's seed, for the order.
    ///   - shuffled: Whether every pass has an order of its own.
    ///   - window: How many records are shuffled among themselves.
    ///   - remote: How servers are asked.
    /// - Throws: `DataError` when there is no shard, or when one that was tried is missing; of a
    ///   long list a thousand are tried, and of addresses the first and the last.
    package init(
        name: String, shards: [String], format: ShardFormat, sizes: ShardSizes = ShardSizes(),
        seed: UInt64,
        shuffled: Bool, window: ShardWindow.Limits = ShardWindow.Limits(),
        remote: RemoteAccess = .usual
    ) throws(DataError) {
        guard !shards.isEmpty else { throw DataError(name, "names no file") }
        try Self.checkAddresses(among: shards, remote)
        let step = max(1, shards.count / 1000)
        let missing = stride(from: 0, to: shards.count, by: step).map { shards[$0] }
            .filter { !RemoteAddress.isAddress($0) && access($0, R_OK) != 0 }
        if let first = missing.first {
            let others = missing.count > 1 ? ", nor can \(missing.count - 1) others" : ""
            throw DataError(
                name,
                "\(first): cannot be read: \(String(cString: strerror(errno)))\(others); correct "
                    + "the list, or bring the files here")
        }
        self.name = name
        self.shards = shards
        self.format = format
        self.sizes = sizes
        self.seed = seed
        self.shuffled = shuffled
        limits = window
        self.remote = remote
    }

    /// Asks for the ends of a list, where most mistakes of spelling show.
    private static func checkAddresses(among shards: [String], _ remote: RemoteAccess)
        throws(DataError)
    {
        let addresses = shards.filter { RemoteAddress.isAddress($0) }
        guard let first = addresses.first, let last = addresses.last else { return }
        // A run that has not begun has nothing to lose.
        var remote = remote
        remote.policy.attempts = min(remote.policy.attempts, 3)
        _ = try ByteSource.open(first, access: remote)
        if last != first { _ = try ByteSource.open(last, access: remote) }
    }

    package func makeReader(share: RankShare, from cursor: StreamCursor) throws
        -> any SampleStreamReader
    {
        guard share.count(of: shards.count) > 0 else {
            throw DataError(
                name,
                "has \(shards.count) files, fewer than the \(share.worldSize) ranks that share "
                    + "them; divide the data into more files, or use fewer ranks")
        }
        return Reader(self, share: share, cursor: cursor)
    }

    private final class Reader: SampleStreamReader {
        private let stream: ShardStream
        private let share: RankShare

        // The window that is delivered, and the one that is filled meanwhile, a record for each
        // that is delivered.
        private var window: ShardWindow
        private var order: EpochOrder
        private var delivered: Int
        private var upcoming: ShardWindow

        // Where the filling stands.
        private var place: StreamCursor
        private var shard: (any ShardReader)?
        private var shardPath = ""
        // Without what is secret in an address.
        private var shardName = ""
        private var shardIndex = 0
        private var isPassEmpty = true
        // Records of the shards that were read whole.
        private var wholeSizes: [Int] = []

        init(_ stream: ShardStream, share: RankShare, cursor: StreamCursor) {
            self.stream = stream
            self.share = share
            place = cursor
            place.delivered = 0
            // An empty window that is used up at once: the first record fills the one after it.
            window = ShardWindow(start: place)
            order = window.order(seed: stream.seed, shuffled: false)
            delivered = 0
            upcoming = ShardWindow(start: place)
            toDeliver = cursor.delivered
        }

        // Records to pass over in the first window.
        private var toDeliver: Int

        var cursor: StreamCursor {
            guard window.records.isEmpty else {
                var cursor = window.start
                cursor.delivered = delivered
                return cursor
            }
            var cursor = upcoming.start
            cursor.delivered = toDeliver
            return cursor
        }

        func next() throws -> StreamRecord {
            while delivered >= window.records.count { try advance() }
            let record = window.records[order[delivered]]
            delivered += 1
            if !upcoming.isComplete { try fill() }
            return record
        }

        /// Goes on to the next window.
        private func advance() throws {
            while !upcoming.isComplete { try fill() }
            window = upcoming
            order = window.order(seed: stream.seed, shuffled: stream.shuffled)
            delivered = toDeliver
            toDeliver = 0
            upcoming = ShardWindow(start: place)
        }

        /// Adds a record to the window that comes next, or ends it.
        private func fill() throws {
            let order = EpochOrder(
                count: stream.shards.count, seed: stream.seed, epoch: place.pass,
                shuffled: stream.shuffled)
            guard place.shard < share.count(of: order.count) else {
                guard !isPassEmpty || upcoming.start.record > 0 || upcoming.start.shard > 0 else {
                    throw DataError(stream.name, "there is no sample in any of its files")
                }
                isPassEmpty = true
                upcoming.end()
                place = StreamCursor()
                place.pass = upcoming.start.pass + 1
                return
            }
            do throws(DataError) {
                if shard == nil {
                    try open(order[place.shard * share.worldSize + share.rank])
                }
                if let record = try shard?.next() {
                    append(record)
                } else {
                    endWholeShard()
                }
            } catch {
                let lost = UnusableRecord.lost(shortage(), reason: "\(error)")
                append(ShardRecord(byteCount: 0) { _ in throw lost })
                endShard()
            }
        }

        private func open(_ index: Int) throws(DataError) {
            shardIndex = index
            shardPath = stream.shards[index]
            shardName = RemoteAddress.shown(shardPath)
            let reader = try stream.format.open(shardPath, access: stream.remote)
            _ = try reader.skip(place.record)
            shard = reader
        }

        private func append(_ record: ShardRecord) {
            let name = SampleName(file: shardName, record: place.record, key: record.key)
            let make = record.sample
            upcoming.append(
                StreamRecord(
                    name: name, pass: place.pass, key: shardIndex << 32 | place.record,
                    byteCount: record.byteCount, repeatsKey: record.repeatsKey
                ) {
                    try make("\(name)")
                }, limits: stream.limits)
            place.record += 1
            isPassEmpty = false
        }

        private func endWholeShard() {
            if wholeSizes.count < Self.mostSizes { wholeSizes.append(place.record) }
            if let expected = stream.sizes.byShard[shardPath], expected > place.record {
                let short = UnusableRecord.short(
                    .init(
                        missing: expected - place.record, expected: expected,
                        basis: "sizes.json names"))
                append(ShardRecord(byteCount: 0) { _ in throw short })
            }
            endShard()
        }

        /// What is missing of the present shard when nothing more of it can be read.
        private func shortage() -> UnusableRecord.Shortage {
            let known = stream.sizes.byShard[shardPath]
            // A number that was reached already says nothing of the rest.
            let expected = (known ?? neighbourSize()).flatMap { $0 > place.record ? $0 : nil }
            return .init(
                missing: max(1, (expected ?? 0) - place.record), expected: expected,
                basis: known == nil ? "shards beside it have" : "sizes.json names")
        }

        /// How many records other shards have: the median of those that were read, else those of the
        /// nearest in the list that can be read.
        private func neighbourSize() -> Int? {
            if wholeSizes.isEmpty {
                for index in [1, -1, 2, -2].map({ shardIndex + $0 })
                where isOnDisk(index) {
                    let reader = try? stream.format.open(
                        stream.shards[index], access: stream.remote)
                    guard let size = try? reader?.skip(.max) else { continue }
                    wholeSizes.append(size)
                    break
                }
            }
            return wholeSizes.isEmpty ? nil : wholeSizes.sorted()[wholeSizes.count / 2]
        }

        /// Whether there is a shard of that number that can be walked through at little cost.
        private func isOnDisk(_ index: Int) -> Bool {
            stream.shards.indices.contains(index)
                && !RemoteAddress.isAddress(stream.shards[index])
        }

        private static let mostSizes = 1000

        private func endShard() {
            shard = nil
            place.shard += 1
            place.record = 0
        }
    }
}
