/// Writes safetensors files: streamed, deterministic, and whole or not at all.
public enum SafetensorsWriter {
    /// Writes tensors that are at hand.
    ///
    /// - Parameters:
    ///   - tensors: Names and tensors; a file keeps this order among elements of equal size.
    ///   - metadata: Strings to keep beside the tensors.
    ///   - path: The file to make or replace.
    /// - Returns: The digest of the file.
    /// - Throws: `TensorFileError` when a name occurs twice or the file cannot be written.
    @discardableResult
    public static func write(
        _ tensors: [(name: String, tensor: HostTensor)], metadata: [String: String] = [:],
        to path: String
    ) throws -> SHA256Digest {
        let entries = tensors.map {
            TensorEntry(name: $0.name, elementType: $0.tensor.elementType, shape: $0.tensor.shape)
        }
        return try write(entries, metadata: metadata, to: path) { tensors[$0].tensor }
    }

    /// Writes tensors one at a time, so that only one need be in memory.
    ///
    /// Tensors of larger elements come first, otherwise the order is kept: every tensor is then
    /// aligned to its element size, which PyTorch's reader needs.
    ///
    /// - Parameters:
    ///   - entries: Names, element types and shapes of all tensors.
    ///   - metadata: Strings to keep beside the tensors.
    ///   - path: The file to make or replace.
    ///   - tensor: Gives the tensor of an entry; called once for each index, in file order.
    /// - Returns: The digest of the file.
    /// - Throws: `TensorFileError` when a name occurs twice or the file cannot be written, and what
    ///   the closure throws; the path then holds what it held before.
    @discardableResult
    public static func write(
        _ entries: [TensorEntry], metadata: [String: String] = [:], to path: String,
        tensor: (_ index: Int) throws -> HostTensor
    ) throws -> SHA256Digest {
        let order = order(of: entries)
        let header = try header(order.map { entries[$0] }, metadata: metadata, path: path)
        return try AtomicFile.write(to: path) { output in
            try output.write(header)
            for index in order {
                let tensor = try tensor(index)
                try entries[index].expect(tensor, path: path)
                try output.write(tensor)
            }
        }
    }

    /// The order in which the tensors of entries are asked for and written.
    package static func order(of entries: [TensorEntry]) -> [Int] {
        entries.indices.sorted {
            let (a, b) = (entries[$0].elementType.byteCount, entries[$1].elementType.byteCount)
            return a == b ? $0 < $1 : a > b
        }
    }

    private static func header(
        _ entries: [TensorEntry], metadata: [String: String], path: String
    ) throws -> [UInt8] {
        var items: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { "\(jsonString($0.key)):\(jsonString($0.value))" }
            items.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        try TensorEntry.expectDistinctNames(entries, path: path)
        var end = 0
        for entry in entries {
            guard entry.name != "__metadata__" else {
                throw TensorFileError(
                    .malformed, path: path, tensor: entry.name,
                    "the format keeps this name for itself; name the tensor otherwise")
            }
            let start = end
            end += try entry.checkedByteCount(path: path)
            items.append(
                "\(jsonString(entry.name)):{\"dtype\":\"\(entry.elementType.safetensorsName)\",\"shape\":"
                    + "[\(entry.shape.map(String.init).joined(separator: ","))],"
                    + "\"data_offsets\":[\(start),\(end)]}")
        }
        var json = Array("{\(items.joined(separator: ","))}".utf8)
        json.append(
            contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    private static func jsonString(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

// What every writer asks of the entries it is given.
extension TensorEntry {
    /// Checks that a tensor is the one that the entry announced.
    func expect(_ tensor: HostTensor, path: String) throws(TensorFileError) {
        guard tensor.elementType == elementType, tensor.shape == shape else {
            throw TensorFileError(
                .malformed, path: path, tensor: name,
                "announced as \(elementType) of shape \(shape), but given as "
                    + "\(tensor.elementType) of shape \(tensor.shape)")
        }
    }

    /// The size in bytes, when there is one.
    func checkedByteCount(path: String) throws(TensorFileError) -> Int {
        guard let byteCount else {
            throw TensorFileError(
                .malformed, path: path, tensor: name, "no file can hold a tensor of shape \(shape)")
        }
        return byteCount
    }

    /// Checks that no two entries have one name.
    static func expectDistinctNames(
        _ entries: [TensorEntry], path: String
    ) throws(TensorFileError) {
        var names: Set<String> = []
        for entry in entries where !names.insert(entry.name).inserted {
            throw TensorFileError(
                .malformed, path: path, tensor: entry.name, "the name occurs twice")
        }
    }
}
