/// Writes archives that `torch.load(weights_only=True)` opens.
public enum PyTorchWriter {
    /// Writes a state dictionary, one tensor at a time.
    ///
    /// - Parameters:
    ///   - entries: Names, element types and shapes of all tensors.
    ///   - path: The file to make or replace.
    ///   - tensor: Gives the tensor of an entry; called once for each index, in order.
    /// - Returns: The digest of the file.
    /// - Throws: `TensorFileError` when a name occurs twice, PyTorch has no such element type, or the
    ///   file cannot be written, and what the closure throws; the path then holds what it held before.
    @discardableResult
    public static func write(
        _ entries: [TensorEntry], to path: String, tensor: (_ index: Int) throws -> HostTensor
    ) throws -> SHA256Digest {
        let pickle = try pickle(entries, path: path)
        return try AtomicFile.write(to: path) { output in
            var archive = ZipWriter(output)
            try archive.add("archive/data.pkl", pickle)
            try archive.add("archive/byteorder", Array("little".utf8))
            for (index, entry) in entries.enumerated() {
                let tensor = try tensor(index)
                try entry.expect(tensor, path: path)
                try archive.add("archive/data/\(index)", tensor)
            }
            try archive.add("archive/version", Array("3\n".utf8))
            try archive.finish()
        }
    }

    /// The ordered dictionary of tensors, each a view of a storage of its own.
    private static func pickle(_ entries: [TensorEntry], path: String) throws -> [UInt8] {
        try TensorEntry.expectDistinctNames(entries, path: path)
        var pickle = PickleOutput(protocolVersion: 2)
        pickle.global(module: "collections", name: "OrderedDict")
        let orderedDictionary = pickle.remember()
        pickle.opcode(")")
        pickle.opcode("R")
        for (index, entry) in entries.enumerated() {
            let size = try entry.checkedByteCount(path: path)
            guard let storage = storageName(of: entry.elementType) else {
                throw TensorFileError(
                    .unsupported, path: path, tensor: entry.name,
                    "PyTorch archives have no storage of \(entry.elementType); write safetensors")
            }
            pickle.text(entry.name)
            pickle.global(module: "torch._utils", name: "_rebuild_tensor_v2")
            pickle.tuple { pickle in
                pickle.tuple { pickle in
                    pickle.text("storage")
                    pickle.global(module: "torch", name: storage)
                    pickle.text(String(index))
                    pickle.text("cpu")
                    pickle.int(size / entry.elementType.byteCount)
                }
                pickle.opcode("Q")
                pickle.int(0)
                pickle.tuple(entry.shape)
                pickle.tuple(rowMajorStrides(of: entry.shape))
                pickle.bool(false)
                pickle.recall(orderedDictionary)
                pickle.opcode(")")
                pickle.opcode("R")
            }
            pickle.opcode("R")
            pickle.opcode("s")
        }
        pickle.opcode(".")
        return pickle.drain()
    }

    private static func storageName(of elementType: ElementType) -> String? {
        PickleConstructor.storages.first { $0.value == elementType }?.key
    }

    private static func rowMajorStrides(of shape: [Int]) -> [Int] {
        var strides: [Int] = []
        var stride = 1
        for size in shape.reversed() {
            strides.append(stride)
            // Of an empty tensor the sizes may multiply to anything.
            stride &*= max(size, 1)
        }
        return strides.reversed()
    }
}
