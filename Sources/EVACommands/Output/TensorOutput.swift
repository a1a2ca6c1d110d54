internal import EVAData
internal import EVATensorFiles
internal import Foundation

/// Writes named tensors into the file that a user asked for: safetensors, or JSON by extension.
enum TensorOutput {
    /// Finds out before the work whether its result can be written.
    ///
    /// - Throws: `DataError` when the file's folder is missing or cannot be written.
    static func check(_ path: String) throws(DataError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts == [""] ? "/" : parts.joined(separator: "/")
        guard access(folder + "/.", W_OK | X_OK) == 0 else {
            throw DataError(
                "--output \(path)",
                "the folder \(folder) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    static func write(
        _ tensors: [(name: String, tensor: HostTensor)], metadata: [String: String] = [:],
        to path: String
    ) throws {
        guard path.hasSuffix(".json") else {
            try SafetensorsWriter.write(tensors, metadata: metadata, to: path)
            return
        }
        var document: [String: Any] = metadata
        for (name, tensor) in tensors { document[name] = try json(tensor) }
        let data = try JSONSerialization.data(
            withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
        try AtomicFile.write([UInt8](data) + [UInt8(ascii: "\n")], to: path)
    }

    /// Nested arrays; a lone number for a tensor without dimensions.
    private static func json(_ tensor: HostTensor) throws -> Any {
        let values: [Any] =
            tensor.elementType == .int64
            ? try tensor.values(as: Int64.self) : try tensor.floats().map { Double($0) }
        var level = values
        for size in tensor.shape.dropFirst().reversed() {
            level = stride(from: 0, to: level.count, by: max(size, 1)).map {
                Array(level[$0..<min($0 + size, level.count)])
            }
        }
        return tensor.shape.isEmpty ? level[0] : level
    }
}
