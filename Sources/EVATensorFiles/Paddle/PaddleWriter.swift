/// Writes `.pdparams` files that `paddle.load` opens: one pickle of protocol 4.
public enum PaddleWriter {
    /// Writes a state dictionary, one tensor at a time.
    ///
    /// - Parameters:
    ///   - entries: Names, element types and shapes of all tensors.
    ///   - parameterNames: Paddle's own names of the parameters by structured name, which its
    ///     optimizer files are keyed on; may be empty.
    ///   - path: The file to make or replace.
    ///   - tensor: Gives the tensor of an entry; called once for each index, in order.
    /// - Returns: The digest of the file.
    /// - Throws: `TensorFileError` when a name occurs twice, Paddle has no such element type, or the
    ///   file cannot be written, and what the closure throws; the path then holds what it held before.
    @discardableResult
    public static func write(
        _ entries: [TensorEntry], parameterNames: [String: String] = [:], to path: String,
        tensor: (_ index: Int) throws -> HostTensor
    ) throws -> SHA256Digest {
        try TensorEntry.expectDistinctNames(entries, path: path)
        var pickle = PickleOutput(protocolVersion: 4)
        let constructors = Constructors(&pickle)
        let types = try types(of: entries, path: path, constructors, &pickle)
        pickle.opcode("}")
        return try AtomicFile.write(to: path) { output in
            for (index, entry) in entries.enumerated() {
                let tensor = try tensor(index)
                try entry.expect(tensor, path: path)
                pickle.text(entry.name)
                constructors.begin(&pickle)
                pickle.opcode("(")
                pickle.int(1)
                pickle.tuple(entry.shape)
                pickle.recall(types[entry.elementType] ?? 0)
                pickle.bool(false)
                // BINBYTES8, for any size.
                var header = pickle.drain() + [0x8E]
                header.append(number: UInt64(tensor.byteCount))
                try output.write(header)
                try output.write(tensor)
                pickle.opcode("t")
                pickle.opcode("b")
                pickle.opcode("s")
            }
            if !parameterNames.isEmpty {
                pickle.text(PaddleFile.namesKey)
                pickle.opcode("}")
                for entry in entries {
                    guard let name = parameterNames[entry.name] else { continue }
                    pickle.text(entry.name)
                    pickle.text(name)
                    pickle.opcode("s")
                }
                pickle.opcode("s")
            }
            pickle.opcode(".")
            try output.write(pickle.drain())
        }
    }

    /// The numbers under which the pickle remembers NumPy's constructors.
    private struct Constructors {
        let reconstruct: Int
        let array: Int
        let elementType: Int

        init(_ pickle: inout PickleOutput) {
            func remember(module: String, name: String) -> Int {
                pickle.global(module: module, name: name)
                defer { pickle.opcode("0") }
                return pickle.remember()
            }
            // The module's old name, which every NumPy knows.
            reconstruct = remember(module: "numpy.core.multiarray", name: "_reconstruct")
            array = remember(module: "numpy", name: "ndarray")
            elementType = remember(module: "numpy", name: "dtype")
        }

        /// Pushes an empty array: `_reconstruct(ndarray, (0,), b'b')`.
        func begin(_ pickle: inout PickleOutput) {
            pickle.recall(reconstruct)
            pickle.tuple { pickle in
                pickle.recall(array)
                pickle.tuple([0])
                pickle.shortBytes([UInt8(ascii: "b")])
            }
            pickle.opcode("R")
        }
    }

    /// Makes the NumPy types that the entries need and remembers them.
    private static func types(
        of entries: [TensorEntry], path: String, _ constructors: Constructors,
        _ pickle: inout PickleOutput
    ) throws(TensorFileError) -> [ElementType: Int] {
        var types: [ElementType: Int] = [:]
        for entry in entries where types[entry.elementType] == nil {
            // uint16 arrays are what Paddle stores bfloat16 as, so true ones cannot be told apart.
            let stored = entry.elementType == .bfloat16 ? ElementType.uint16 : entry.elementType
            guard entry.elementType != .uint16, let name = stored.numPyName else {
                throw TensorFileError(
                    .unsupported, path: path, tensor: entry.name,
                    "Paddle files have no arrays of \(entry.elementType); write safetensors")
            }
            pickle.recall(constructors.elementType)
            pickle.tuple { pickle in
                pickle.text(name)
                pickle.bool(false)
                pickle.bool(true)
            }
            pickle.opcode("R")
            pickle.tuple { pickle in
                pickle.int(3)
                pickle.text(stored.byteCount == 1 ? "|" : "<")
                for _ in 0..<3 { pickle.opcode("N") }
                pickle.int(-1)
                pickle.int(-1)
                pickle.int(0)
            }
            pickle.opcode("b")
            types[entry.elementType] = pickle.remember()
            pickle.opcode("0")
        }
        return types
    }
}
