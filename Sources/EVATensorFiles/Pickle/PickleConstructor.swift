/// The functions and classes that a pickle may name: the whole table, everything else is refused.
///
/// None of them is ever called; the reader makes a plain value of what each would have made.
enum PickleConstructor: Sendable {
    case orderedDictionary
    case tuple
    case encode
    case reconstructArray
    case array
    case elementType
    case arrayFromBuffer
    case scalar
    case rebuildTensor
    case rebuildParameter
    case size
    case storage(ElementType)

    /// Finds a constructor by its Python module and name.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("builtins", "tuple"), ("__builtin__", "tuple"): self = .tuple
        case ("_codecs", "encode"): self = .encode
        // NumPy 2 moved its core.
        case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"):
            self = .reconstructArray
        case ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"):
            self = .scalar
        case ("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer"):
            self = .arrayFromBuffer
        case ("numpy", "ndarray"): self = .array
        case ("numpy", "dtype"): self = .elementType
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", "Size"): self = .size
        case ("torch", let storage):
            guard let type = Self.storages[storage] else { return nil }
            self = .storage(type)
        default: return nil
        }
    }

    /// PyTorch's names of typed storages.
    static let storages: [String: ElementType] = [
        "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
        "DoubleStorage": .float64, "LongStorage": .int64, "IntStorage": .int32,
        "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
    ]
}

extension ElementType {
    /// NumPy's two-letter name and the type it stands for.
    static let byNumPyName: [String: ElementType] = [
        "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32,
        "i4": .int32, "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
    ]

    /// NumPy's two-letter name; `nil` for bfloat16, which NumPy does not have.
    var numPyName: String? {
        Self.byNumPyName.first { $0.value == self }?.key
    }
}
