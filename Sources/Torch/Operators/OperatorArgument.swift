/// One argument of an operator, in the order of its schema.
package enum OperatorArgument {
    case none
    case tensor(Tensor)
    case tensors([Tensor])
    case int(Int)
    case double(Double)
    case bool(Bool)
    case ints([Int])
    case doubles([Double])
    case scalars([Double])
    case string(String)
    case dtype(DType)
    case device(Device)
    case random(RandomSource)

    /// A tensor, or nothing.
    package static func optional(_ tensor: Tensor?) -> OperatorArgument {
        tensor.map(OperatorArgument.tensor) ?? .none
    }
}

extension OperatorArgument: CustomStringConvertible {
    package var description: String {
        switch self {
        case .none: "none"
        case .tensor(let tensor): "\(tensor)"
        case .tensors(let tensors): "\(tensors)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .ints(let values): "\(values)"
        case .doubles(let values), .scalars(let values): "\(values)"
        case .string(let text): "'\(text)'"
        case .dtype(let dtype): dtype.rawValue
        case .device(let device): "\(device)"
        case .random(let source): "seed \(source.seed)"
        }
    }
}
