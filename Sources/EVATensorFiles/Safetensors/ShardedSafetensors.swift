/// Tensors spread over several safetensors files, found by a `model.safetensors.index.json`.
public final class ShardedSafetensors: TensorContainer {
    /// The index file that was opened.
    public let path: String
    /// Every tensor, shard after shard.
    public let entries: [TensorEntry]
    private let shards: [SafetensorsFile]
    private let shardOfName: [String: Int]

    /// Reads an index, opens all of its shards, and checks that each holds what the index says.
    ///
    /// - Parameter path: The index file; the shards lie in its folder.
    /// - Throws: `TensorFileError` when the index or a shard is missing or faulty, or they disagree.
    public init(indexPath path: String) throws {
        let index = try MappedFile(path: path)
        let shardNames = try Self.weightMap(index)
        let folder = TemporaryName.folder(of: path)
        let files = Set(shardNames.values).sorted()
        shards = try files.map { try SafetensorsFile(path: "\(folder)/\($0)") }
        var entries: [TensorEntry] = []
        var shardOfName: [String: Int] = [:]
        for (position, shard) in shards.enumerated() {
            for entry in shard.entries {
                guard shardNames[entry.name] == files[position] else {
                    throw TensorFileError(
                        .malformed, path: shard.path, tensor: entry.name,
                        "the index \(path) does not expect this tensor in this shard")
                }
                entries.append(entry)
                shardOfName[entry.name] = position
            }
        }
        for (name, file) in shardNames where shardOfName[name] == nil {
            throw TensorFileError(
                .noSuchTensor, path: "\(folder)/\(file)", tensor: name,
                "the index \(path) expects this tensor here, but the shard does not hold it")
        }
        self.path = path
        self.entries = entries
        self.shardOfName = shardOfName
    }

    /// The elements of one tensor, out of the shard that holds it.
    ///
    /// - Parameter name: A name out of `entries`.
    /// - Returns: The tensor, mapped from its file.
    /// - Throws: `TensorFileError` when there is none of that name.
    public func tensor(named name: String) throws -> HostTensor {
        guard let shard = shardOfName[name] else { throw TensorFileError.noTensor(name, in: path) }
        return try shards[shard].tensor(named: name)
    }

    private static func weightMap(_ index: MappedFile) throws -> [String: String] {
        var map: [String: String]?
        do {
            try index.withUnsafeBytes { bytes in
                var cursor = JSONCursor(bytes)
                try cursor.object { cursor, key, keyOffset in
                    guard key == "weight_map" else { return try cursor.skipValue() }
                    guard map == nil else {
                        throw cursor.fault("'weight_map' occurs twice", at: keyOffset)
                    }
                    map = try weightMap(&cursor)
                }
                try cursor.expectEnd()
            }
        } catch let fault as JSONCursor.Fault {
            throw TensorFileError(
                .malformed, path: index.path, offset: fault.offset,
                "the index is faulty: \(fault.message)")
        }
        guard let map else {
            throw TensorFileError(
                .malformed, path: index.path, "the index has no 'weight_map' of name to file")
        }
        return map
    }

    private static func weightMap(_ cursor: inout JSONCursor) throws -> [String: String] {
        var map: [String: String] = [:]
        try cursor.object { cursor, name, nameOffset in
            let file = try cursor.string()
            // A shard is a neighbour: an index from elsewhere must not reach into other folders.
            guard !file.isEmpty, !file.contains("/"), !file.contains("\0") else {
                throw cursor.fault("'\(file)' is no plain file name", at: nameOffset)
            }
            guard map.updateValue(file, forKey: name) == nil else {
                throw cursor.fault("tensor '\(name)' occurs twice", at: nameOffset)
            }
        }
        return map
    }
}
