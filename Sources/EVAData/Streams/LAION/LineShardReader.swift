/// The lines of a LAION part file, plain or gzip.
final class LineShardReader: ShardReader {
    private let file: SequentialFile

    init(_ file: SequentialFile) { self.file = file }

    func next() throws(DataError) -> ShardRecord? {
        var line: [UInt8] = []
        guard let length = try file.readLine(into: &line, limit: ShardFormat.longestRecord) else {
            return nil
        }
        guard length == line.count else {
            return ShardRecord(byteCount: 0) { name in
                throw DataError(
                    name,
                    "a line of \(length) bytes; at most \(ShardFormat.longestRecord) are read")
            }
        }
        return ShardRecord(byteCount: line.count) { [line] name in
            try LAIONLine.sample(of: line, name: name)
        }
    }

    func skip(_ count: Int) throws(DataError) -> Int {
        var nothing: [UInt8] = []
        for done in 0..<count where try file.readLine(into: &nothing, limit: 0) == nil {
            return done
        }
        return count
    }
}
