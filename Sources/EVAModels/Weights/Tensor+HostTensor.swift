package import EVATensorFiles
package import Torch

extension HostTensor {
    /// A CPU tensor with a copy of the elements.
    ///
    /// - Throws: `TorchError` for element types that the program has no use for.
    package func makeTensor() throws -> Tensor {
        guard let dtype = DType(elementType) else {
            throw TorchError("element type \(elementType) is not used by the program")
        }
        return try withUnsafeBytes { try Tensor(bytes: $0, shape: shape, dtype: dtype) }
    }
}

extension Tensor {
    /// A copy of the elements for a file.
    ///
    /// - Parameter shape: the shape in the file; the tensor's own where nil.
    package func hostTensor(shape: [Int]? = nil) -> HostTensor {
        let shape = shape ?? self.shape
        let elementType = dtype.elementType
        return withHostBytes { bytes in
            HostTensor(elementType: elementType, shape: shape) { memory in
                memory.copyMemory(from: bytes)
            }
        }
    }
}

extension DType {
    /// The dtype of a file's element type, nil where the program has none.
    package init?(_ elementType: ElementType) {
        switch elementType {
        case .float32: self = .float32
        case .bfloat16: self = .bfloat16
        case .float16: self = .float16
        case .float64: self = .float64
        case .int64: self = .int64
        case .int32: self = .int32
        case .uint8: self = .uint8
        case .bool: self = .bool
        default: return nil
        }
    }

    /// The element type of a file.
    package var elementType: ElementType {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        case .float64: .float64
        case .int64: .int64
        case .int32: .int32
        case .uint8: .uint8
        case .bool: .bool
        }
    }
}
