/// The number format of a tensor's elements.
public enum ElementType: String, Sendable, CaseIterable, Codable {
    /// One byte that is 0 or 1.
    case bool
    /// Unsigned integers of 8, 16, 32 and 64 bits.
    case uint8, uint16, uint32, uint64
    /// Signed integers of 8, 16, 32 and 64 bits.
    case int8, int16, int32, int64
    /// IEEE 754 half, single and double precision.
    case float16, float32, float64
    /// The upper half of a single-precision number.
    case bfloat16

    /// Bytes that one element takes.
    public var byteCount: Int {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }

    /// Whether the elements are floating-point numbers.
    public var isFloatingPoint: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }

    /// The most dimensions that a tensor in a file may have: PyTorch's limit.
    static let rankLimit = 64

    /// Bytes that a tensor of a shape takes; `nil` when a size is negative or the product overflows.
    func byteCount(ofShape shape: [Int]) -> Int? {
        var total = byteCount
        for size in shape {
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            total = product
        }
        return total
    }
}

/// A Swift number type whose arrays can become tensors as they lie in memory.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The element type of tensors made from this type.
    static var elementType: ElementType { get }
}

extension UInt8: TensorElement {
    /// The element type of tensors made from `UInt8`.
    public static var elementType: ElementType { .uint8 }
}
extension Int8: TensorElement {
    /// The element type of tensors made from `Int8`.
    public static var elementType: ElementType { .int8 }
}
extension UInt16: TensorElement {
    /// The element type of tensors made from `UInt16`.
    public static var elementType: ElementType { .uint16 }
}
extension Int16: TensorElement {
    /// The element type of tensors made from `Int16`.
    public static var elementType: ElementType { .int16 }
}
extension UInt32: TensorElement {
    /// The element type of tensors made from `UInt32`.
    public static var elementType: ElementType { .uint32 }
}
extension Int32: TensorElement {
    /// The element type of tensors made from `Int32`.
    public static var elementType: ElementType { .int32 }
}
extension UInt64: TensorElement {
    /// The element type of tensors made from `UInt64`.
    public static var elementType: ElementType { .uint64 }
}
extension Int64: TensorElement {
    /// The element type of tensors made from `Int64`.
    public static var elementType: ElementType { .int64 }
}
extension Float: TensorElement {
    /// The element type of tensors made from `Float`.
    public static var elementType: ElementType { .float32 }
}
extension Double: TensorElement {
    /// The element type of tensors made from `Double`.
    public static var elementType: ElementType { .float64 }
}
