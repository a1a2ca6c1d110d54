internal import EVATensorFiles
internal import Foundation

/// How many samples shards hold, from files that tools for WebDataset write beside them.
package struct ShardSizes: Sendable, Equatable {
    /// The samples of all shards together; `nil` where that is not known.
    package private(set) var total: Int?
    /// The samples of single shards, by path; those that are known.
    package private(set) var byShard: [String: Int] = [:]

    /// Sizes of which nothing is known.
    package init() {}

    /// Reads `sizes.json` (`{"00000.tar": 9000, ...}`) in each folder of shards.
    ///
    /// The number in
    /// `__len__`, which counts a folder, is the total where the shards are all that lie in one
    /// folder.
    ///
    /// - Throws: `DataError` when a `sizes.json` is no such object.
    package init(of shards: [String]) throws {
        var tables: [String: [String: Int]] = [:]
        for shard in shards {
            let folder = (shard as NSString).deletingLastPathComponent
            if tables[folder] == nil { tables[folder] = try Self.table(in: folder) ?? [:] }
            byShard[shard] = tables[folder]?[(shard as NSString).lastPathComponent]
        }
        if shards.allSatisfy({ byShard[$0] != nil }) {
            total = shards.reduce(0) { $0 + (byShard[$1] ?? 0) }
        } else if let folder = tables.keys.first, tables.count == 1 {
            total = Self.length(in: folder, of: shards)
        }
    }

    /// Whether a file is called like a shard.
    package static func isShard(_ path: String) -> Bool {
        [".tar", ".tar.gz", ".tgz"].contains { path.lowercased().hasSuffix($0) }
    }

    private static func table(in folder: String) throws -> [String: Int]? {
        let path = (folder as NSString).appendingPathComponent("sizes.json")
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        var table: [String: Int] = [:]
        do {
            try data.withUnsafeBytes { bytes in
                var cursor = JSONCursor(bytes)
                try cursor.object { cursor, key, offset in
                    let count = try cursor.count()
                    // Sums of such numbers must stay numbers.
                    guard count < 1 << 40 else {
                        throw cursor.fault("more samples than any shard has", at: offset)
                    }
                    table[key] = count
                }
                try cursor.expectEnd()
            }
        } catch let fault as JSONCursor.Fault {
            throw DataError(
                path,
                "byte \(fault.offset): \(fault.message); expected {\"00000.tar\": 9000, ...}")
        }
        return table
    }

    /// The number in `__len__`, unless the folder has other shards too.
    private static func length(in folder: String, of shards: [String]) -> Int? {
        let path = (folder as NSString).appendingPathComponent("__len__")
        guard let data = FileManager.default.contents(atPath: path),
            let length = Int(
                String(decoding: data, as: UTF8.self)
                    .trimmingCharacters(in: .whitespacesAndNewlines))
        else { return nil }
        let names = Set(shards.map { ($0 as NSString).lastPathComponent })
        guard let content = try? FolderReader.content(of: folder.isEmpty ? "." : folder) else {
            return nil
        }
        let others = content.files.filter { isShard($0) && !names.contains($0) }
        return others.isEmpty && names.count == shards.count ? length : nil
    }
}
