internal import CTorch

/// The element type of a tensor.
package enum DType: String, Sendable, CaseIterable {
    case float32
    case bfloat16
    case float16
    case float64
    case int64
    case int32
    case uint8
    case bool

    /// Bytes an element takes.
    package var byteCount: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .bfloat16, .float16: 2
        case .uint8, .bool: 1
        }
    }

    /// The number that stands for this type at the C boundary.
    var code: ct_dtype {
        switch self {
        case .float32: CT_FLOAT32
        case .bfloat16: CT_BFLOAT16
        case .float16: CT_FLOAT16
        case .float64: CT_FLOAT64
        case .int64: CT_INT64
        case .int32: CT_INT32
        case .uint8: CT_UINT8
        case .bool: CT_BOOL
        }
    }

    /// The type that a number of the C boundary stands for.
    init?(code: Int32) {
        guard let match = DType.allCases.first(where: { Int32($0.code.rawValue) == code }) else {
            return nil
        }
        self = match
    }
}
