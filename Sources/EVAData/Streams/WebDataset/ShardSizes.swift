package import EVAHTTP
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

    /// Reads `sizes.json` (`{"00000.tar": 9000, ...}`) in each folder of shards, on servers too.
    ///
    /// The number in
    /// `__len__`, which counts a folder, is the total where the shards are all that lie in one
    /// folder of a disk.
    ///
    /// - Throws: `DataError` when a `sizes.json` is no such object, or a server cannot be reached.
    package init(of shards: [String], remote: RemoteAccess = .usual) throws {
        var tables: [String: [String: Int]] = [:]
        for shard in shards {
            if let address = RemoteAddress.isAddress(shard) ? try? RemoteAddress(shard) : nil {
                let place = RemoteAddress.sibling(of: shard, named: Self.fileName)
                if tables[place] == nil { tables[place] = try Self.table(at: place, remote) ?? [:] }
                let name = (address.path as NSString).lastPathComponent
                byShard[shard] =
                    tables[place]?[name] ?? tables[place]?[name.removingPercentEncoding ?? name]
            } else {
                let folder = (shard as NSString).deletingLastPathComponent
                if tables[folder] == nil { tables[folder] = try Self.table(in: folder) ?? [:] }
                byShard[shard] = tables[folder]?[(shard as NSString).lastPathComponent]
            }
        }
        if shards.allSatisfy({ byShard[$0] != nil }) {
            total = shards.reduce(0) { $0 + (byShard[$1] ?? 0) }
        } else if let folder = tables.keys.first, tables.count == 1,
            !RemoteAddress.isAddress(folder)
        {
            total = Self.length(in: folder, of: shards)
        }
    }

    /// Whether a file is called like a shard.
    package static func isShard(_ path: String) -> Bool {
        let path = RemoteAddress.shown(path).lowercased()
        return [".tar", ".tar.gz", ".tgz"].contains { path.hasSuffix($0) }
    }

    private static let fileName = "sizes.json"
    private static let longestFile = 1 << 26

    private static func table(in folder: String) throws -> [String: Int]? {
        let path = (folder as NSString).appendingPathComponent(fileName)
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try table(of: data, path: path)
    }

    /// The table on a server; nil where it has none, or does not show it: stores refuse what they do
    /// not have, too.
    private static func table(at address: String, _ remote: RemoteAccess) throws -> [String: Int]? {
        let bytes: [UInt8]
        do throws(RemoteError) {
            bytes = try RemoteFile.contents(of: address, limit: longestFile, access: remote)
        } catch {
            guard error.code == .notFound || error.code == .refused else { throw DataError(error) }
            return nil
        }
        return try table(of: Data(bytes), path: RemoteAddress.shown(address))
    }

    private static func table(of data: Data, path: String) throws -> [String: Int]? {
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
