internal import EVAHTTP

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

    /// The format of the files that a list names; files without an ending of a shard hold lines.
    ///
    /// - Throws: `DataError` for a list that names both kinds.
    package init(ofFiles paths: [String], in list: String) throws(DataError) {
        let shards = paths.filter { ShardSizes.isShard($0) }
        guard shards.isEmpty || shards.count == paths.count else {
            throw DataError(
                list,
                "names tar shards, such as \(RemoteAddress.shown(shards[0])), and other files; "
                    + "expected files of one kind, make a list of each and give both, divided by "
                    + ShardPattern.separator)
        }
        self = shards.isEmpty ? .lines : .webDataset
    }

    func open(_ place: String, access: RemoteAccess) throws(DataError) -> any ShardReader {
        let file = try SequentialFile(ByteSource.open(place, access: access))
        return switch self {
        case .lines: LineShardReader(file)
        case .webDataset: WebDatasetReader(file)
        }
    }
}
