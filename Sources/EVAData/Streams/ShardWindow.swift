/// Neighbouring records of a pass that are held in memory to be shuffled among themselves.
///
/// Which records a window holds is a function of the data alone: it is full at a number of records
/// or of bytes, and ends with its pass, so that no record meets itself in a window.
package struct ShardWindow {
    /// How much is held at most; the record that goes beyond is held too.
    package struct Limits: Sendable {
        let records: Int
        let bytes: Int

        package init(records: Int = 4096, bytes: Int = 1 << 27) {
            self.records = records
            self.bytes = bytes
        }
    }

    /// Where the window begins.
    let start: StreamCursor
    private(set) var records: [StreamRecord] = []
    private var byteCount = 0
    private(set) var isComplete = false

    init(start: StreamCursor) {
        self.start = start
    }

    mutating func append(_ record: StreamRecord, limits: Limits) {
        records.append(record)
        byteCount += record.byteCount
        isComplete = records.count >= limits.records || byteCount >= limits.bytes
    }

    /// Ends the window with its pass.
    mutating func end() { isComplete = true }

    /// The order in which the records are delivered.
    func order(seed: UInt64, shuffled: Bool) -> EpochOrder {
        var lots = SplitMix64(
            hashing: seed, UInt64(start.pass), UInt64(start.shard), UInt64(start.record))
        return EpochOrder(
            count: records.count, seed: lots.next(), epoch: start.pass, shuffled: shuffled)
    }
}
