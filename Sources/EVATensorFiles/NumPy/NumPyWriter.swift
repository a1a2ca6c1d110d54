/// Writes `.npy` files.
public enum NumPyWriter {
    /// Writes one tensor.
    ///
    /// - Parameters:
    ///   - tensor: The tensor; NumPy has no bfloat16.
    ///   - path: The file to make or replace.
    /// - Throws: `TensorFileError` when NumPy has no such element type or the file cannot be written.
    public static func write(_ tensor: HostTensor, to path: String) throws {
        guard let type = tensor.elementType.numPyName else {
            throw TensorFileError(
                .unsupported, path: path,
                "NumPy has no \(tensor.elementType); convert to float32 or write safetensors")
        }
        let order = tensor.elementType.byteCount == 1 ? "|" : "<"
        let sizes = tensor.shape.map { "\($0)," }.joined(separator: " ")
        let shape = tensor.shape.count == 1 ? sizes : String(sizes.dropLast())
        let text = "{'descr': '\(order)\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
        // Elements begin at a multiple of 64, as NumPy itself writes them.
        let padding = String(repeating: " ", count: (64 - (11 + text.utf8.count) % 64) % 64)
        var header = NumPyFile.magic + [1, 0]
        header.append(number: UInt16(text.utf8.count + padding.utf8.count + 1))
        header += Array((text + padding + "\n").utf8)
        try AtomicFile.write(to: path) { output in
            try output.write(header)
            try output.write(tensor)
        }
    }
}
