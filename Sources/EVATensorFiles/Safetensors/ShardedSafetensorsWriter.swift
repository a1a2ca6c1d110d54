internal import Foundation

/// Writes safetensors files of limited size and the index that finds tensors in them.
package enum ShardedSafetensorsWriter {
    /// The name of the index.
    package static let indexName = "model.safetensors.index.json"

    /// Writes tensors into as many files as their size needs.
    ///
    /// - Parameters:
    ///   - entries: names, element types and shapes of all tensors.
    ///   - limit: the most bytes of tensors in a file; a tensor that is larger has its own.
    ///   - metadata: strings to keep beside the tensors of every file.
    ///   - folder: where the files go; the index comes last.
    ///   - tensor: gives the tensor of an entry; called once for each index, shard after shard.
    /// - Returns: the digests of the files.
    /// - Throws: `TensorFileError` when a file cannot be written, and what the closure throws.
    @discardableResult
    package static func write(
        _ entries: [TensorEntry], limit: Int, metadata: [String: String] = [:],
        into folder: String, tensor: (_ index: Int) throws -> HostTensor
    ) throws -> FolderChecksums {
        try TensorEntry.expectDistinctNames(entries, path: folder)
        let shards = try shards(of: entries, limit: limit, path: folder)
        var map: [String: String] = [:]
        var total = 0
        var sums = FolderChecksums()
        for (number, shard) in shards.enumerated() {
            let name = "model-\(padded(number + 1))-of-\(padded(shards.count)).safetensors"
            sums[name] = try SafetensorsWriter.write(
                shard.map { entries[$0] }, metadata: metadata, to: "\(folder)/\(name)"
            ) { try tensor(shard[$0]) }
            for index in shard {
                map[entries[index].name] = name
                total += try entries[index].checkedByteCount(path: folder)
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let index = Index(metadata: ["total_size": total], weight_map: map)
        sums[indexName] = try AtomicFile.write(
            [UInt8](encoder.encode(index)), to: "\(folder)/\(indexName)")
        return sums
    }

    private struct Index: Encodable {
        let metadata: [String: Int]
        let weight_map: [String: String]
    }

    /// Positions of entries, in order, file by file.
    private static func shards(
        of entries: [TensorEntry], limit: Int, path: String
    ) throws -> [[Int]] {
        var shards: [[Int]] = []
        var room = 0
        for (index, entry) in entries.enumerated() {
            let size = try entry.checkedByteCount(path: path)
            if shards.isEmpty || size > room {
                shards.append([])
                room = limit
            }
            shards[shards.count - 1].append(index)
            room -= size
        }
        return shards
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
