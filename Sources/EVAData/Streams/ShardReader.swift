/// Reads the records of one shard from its front; used by one thread at a time.
protocol ShardReader: AnyObject {
    /// The next record; `nil` at the end of the shard.
    ///
    /// - Throws: `DataError` when the rest of the shard cannot be read.
    func next() throws(DataError) -> ShardRecord?
    /// Passes over records without keeping them.
    ///
    /// - Returns: How many there were, fewer than asked for at the end of the shard only.
    func skip(_ count: Int) throws(DataError) -> Int
}

/// A record of a shard.
struct ShardRecord: Sendable {
    /// Bytes that it keeps in memory.
    var byteCount: Int
    /// What its members are called, where it has any.
    var key: String?
    /// Whether its members are called like those of the record before.
    var repeatsKey = false
    /// Makes the sample; `name` is what to call it in errors.
    var sample: @Sendable (_ name: String) throws -> Sample
}

/// How the samples of a shard are written.
package enum ShardFormat: Sendable {
    /// A line for each sample: LAION's part files.
    case lines
    /// Members of a tar archive that share a name: WebDataset's shards.
    case webDataset

    /// The most bytes of one record that are read; longer ones are faulty.
    static let longestRecord = 1 << 26

    func open(_ path: String) throws(DataError) -> any ShardReader {
        switch self {
        case .lines: try LineShardReader(path: path)
        case .webDataset: try WebDatasetReader(path: path)
        }
    }
}
