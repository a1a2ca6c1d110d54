internal import CTorch

// The only code that lays Swift values out for the C boundary.
extension Operator {
    /// Calls the operator; lists of tensors among the results are laid flat.
    ///
    /// - Throws: `TorchError` with the arguments' shapes and libtorch's words.
    package func call(_ arguments: [OperatorArgument]) throws(TorchError) -> [Tensor?] {
        var marshalled = MarshalledArguments(arguments)
        var results = [ct_tensor?](repeating: nil, count: marshalled.resultCapacity)
        var resultCount = 0
        let message = withExtendedLifetime(arguments) {
            marshalled.withValues { values in
                ct_operator_call(
                    handle, values.baseAddress, values.count, &results, results.count, &resultCount)
            }
        }
        try TorchError.check(message, "\(rawValue)(\(arguments))")
        return results.prefix(resultCount).map { $0.map(Tensor.init(owning:)) }
    }

    /// Calls the operator for its single result.
    ///
    /// A mistake of our own traps; a failure from outside ends the present `FailureScope`.
    package func callAsFunction(_ arguments: OperatorArgument...) -> Tensor {
        guard let first = unthrowing(arguments).first, let result = first else {
            fatalError("\(rawValue)(\(arguments)) gave no tensor")
        }
        return result
    }

    /// Calls the operator for all its results; fails as `callAsFunction` does.
    package func results(_ arguments: OperatorArgument...) -> [Tensor] {
        unthrowing(arguments).map { result in
            guard let result else {
                fatalError("\(rawValue)(\(arguments)) gave an undefined tensor")
            }
            return result
        }
    }

    /// Calls the operator for its effect; fails as `callAsFunction` does.
    package func run(_ arguments: OperatorArgument...) {
        run(arguments)
    }

    /// Calls the operator for its effect; fails as `callAsFunction` does.
    func run(_ arguments: [OperatorArgument]) {
        _ = unthrowing(arguments)
    }

    private func unthrowing(_ arguments: [OperatorArgument]) -> [Tensor?] {
        do {
            if !FailureScope.hasFailed { return try call(arguments) }
        } catch {
            FailureScope.note(error)
        }
        return shapesAlone(arguments)
    }

    /// What the operator would give, without elements: for code on its way to the end of a scope
    /// that has failed.
    private func shapesAlone(_ arguments: [OperatorArgument]) -> [Tensor?] {
        do {
            return try call(
                try arguments.map { argument throws(TorchError) in
                    try argument.withoutElements()
                })
        } catch {
            fatalError("after \(FailureScope.current?.failure, default: "a failure"): \(error)")
        }
    }
}

extension OperatorArgument {
    /// The argument on the meta device, without a history.
    fileprivate func withoutElements() throws(TorchError) -> OperatorArgument {
        func onMeta(_ tensor: Tensor) throws(TorchError) -> Tensor {
            guard tensor.device != .meta else { return tensor }
            // Complex numbers too, which `DType` does not know.
            let results = try Operator.emptyLike.call([
                .tensor(tensor), .none, .none, .device(.meta), .bool(false), .none,
            ])
            return results[0] ?? tensor
        }
        switch self {
        case .tensor(let tensor):
            return .tensor(try onMeta(tensor))
        case .tensors(let tensors):
            return .tensors(try tensors.map { tensor throws(TorchError) in try onMeta(tensor) })
        case .device:
            return .device(.meta)
        default:
            return self
        }
    }
}

/// Arguments laid out flat, so that one pointer each reaches handles, integers and reals.
private struct MarshalledArguments {
    private var values: [ct_value] = []
    private var handles: [ct_tensor?] = []
    private var integers: [Int64] = []
    private var reals: [Double] = []
    private var texts: [ContiguousArray<CChar>] = []
    /// Where each value's list begins, by the value's index.
    private var starts: [Int] = []

    /// Room for the results: the largest operators give one tensor for each that they take.
    let resultCapacity: Int

    init(_ arguments: [OperatorArgument]) {
        values.reserveCapacity(arguments.count)
        starts.reserveCapacity(arguments.count)
        for argument in arguments {
            starts.append(handles.count)
            var value = ct_value()
            switch argument {
            case .none:
                value.kind = CT_VALUE_NONE
            case .tensor(let tensor):
                value.kind = CT_VALUE_TENSOR
                value.count = 1
                handles.append(tensor.handle)
            case .tensors(let tensors):
                value.kind = CT_VALUE_TENSORS
                value.count = tensors.count
                handles.append(contentsOf: tensors.map(\.handle))
            case .int(let number):
                value.kind = CT_VALUE_INT
                value.integer = Int64(number)
            case .double(let number):
                value.kind = CT_VALUE_DOUBLE
                value.real = number
            case .bool(let flag):
                value.kind = CT_VALUE_BOOL
                value.integer = flag ? 1 : 0
            case .ints(let numbers):
                value.kind = CT_VALUE_INTS
                value.count = numbers.count
                starts[starts.count - 1] = integers.count
                integers.append(contentsOf: numbers.map(Int64.init))
            case .doubles(let numbers), .scalars(let numbers):
                if case .doubles = argument {
                    value.kind = CT_VALUE_DOUBLES
                } else {
                    value.kind = CT_VALUE_SCALARS
                }
                value.count = numbers.count
                starts[starts.count - 1] = reals.count
                reals.append(contentsOf: numbers)
            case .string(let text):
                value.kind = CT_VALUE_STRING
                starts[starts.count - 1] = texts.count
                texts.append(ContiguousArray(text.utf8CString))
            case .dtype(let dtype):
                value.kind = CT_VALUE_DTYPE
                value.integer = Int64(dtype.code.rawValue)
            case .device(let device):
                value.kind = CT_VALUE_DEVICE
                value.device = device.code
            case .random(let source):
                value.kind = CT_VALUE_GENERATOR
                value.generator = source.handle
            }
            values.append(value)
        }
        resultCapacity = max(8, handles.count)
    }

    /// Fills the pointers in and calls `body` while they hold.
    mutating func withValues<Result>(
        _ body: (UnsafeBufferPointer<ct_value>) -> Result
    ) -> Result {
        let starts = starts
        // One buffer for all texts, so that a single pointer serves them.
        let characters = texts.flatMap { $0 }
        let textStarts = texts.indices.map { index in
            texts[..<index].reduce(0) { $0 + $1.count }
        }
        return handles.withUnsafeBufferPointer { handles in
            integers.withUnsafeBufferPointer { integers in
                reals.withUnsafeBufferPointer { reals in
                    characters.withUnsafeBufferPointer { characters in
                        for index in values.indices {
                            let start = starts[index]
                            switch values[index].kind {
                            case CT_VALUE_TENSOR, CT_VALUE_TENSORS:
                                values[index].tensors = handles.baseAddress.map { $0 + start }
                            case CT_VALUE_INTS:
                                values[index].integers = integers.baseAddress.map { $0 + start }
                            case CT_VALUE_DOUBLES, CT_VALUE_SCALARS:
                                values[index].reals = reals.baseAddress.map { $0 + start }
                            case CT_VALUE_STRING:
                                values[index].text = characters.baseAddress.map {
                                    $0 + textStarts[start]
                                }
                            default:
                                break
                            }
                        }
                        return values.withUnsafeBufferPointer(body)
                    }
                }
            }
        }
    }
}
