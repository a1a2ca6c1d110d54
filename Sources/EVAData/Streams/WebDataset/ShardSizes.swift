internal import EVATensorFiles
internal import Foundation

/// How many samples shards hold, from files that tools for WebDataset write beside them.
package enum ShardSizes {
    /// The samples of all shards together.
    ///
    /// Reads `sizes.json` (`{"00000.tar": 9000, ...}`) in each folder of shards, or, where all lie in
    /// one folder, the number in `__len__`.
    ///
    /// - Returns: `nil` where neither file is there, or where one does not name every shard.
    /// - Throws: `DataError` when a `sizes.json` is no such object.
    package static func count(of shards: [String]) throws -> Int? {
        var tables: [String: [String: Int]] = [:]
        var total = 0
        for shard in shards {
            let folder = (shard as NSString).deletingLastPathComponent
            if tables[folder] == nil { tables[folder] = try table(in: folder) ?? [:] }
            guard let size = tables[folder]?[(shard as NSString).lastPathComponent] else {
                return tables.count == 1 ? length(in: folder) : nil
            }
            total += size
        }
        return total
    }

    private static func table(in folder: String) throws -> [String: Int]? {
        let path = (folder as NSString).appendingPathComponent("sizes.json")
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        var table: [String: Int] = [:]
        do {
            try data.withUnsafeBytes { bytes in
                var cursor = JSONCursor(bytes)
                try cursor.object { cursor, key, _ in table[key] = try cursor.count() }
                try cursor.expectEnd()
            }
        } catch let fault as JSONCursor.Fault {
            throw DataError(
                path,
                "byte \(fault.offset): \(fault.message); expected {\"00000.tar\": 9000, ...}")
        }
        return table
    }

    private static func length(in folder: String) -> Int? {
        let path = (folder as NSString).appendingPathComponent("__len__")
        let text = FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self)
        }
        return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}
