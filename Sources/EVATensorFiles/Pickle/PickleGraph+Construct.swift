// What the constructors that a pickle may name would make, as plain values.
extension PickleGraph {
    /// What is wrong with a use of a constructor; the reader adds where.
    struct Misuse: Error {
        let code: TensorFileError.Code
        let message: String

        static func malformed(_ message: String) -> Misuse {
            Misuse(code: .malformed, message: message)
        }
        static func unsupported(_ message: String) -> Misuse {
            Misuse(code: .unsupported, message: message)
        }
    }

    /// The value that a constructor makes of its arguments.
    mutating func construct(
        _ constructor: PickleConstructor, _ arguments: [Reference]
    ) throws(Misuse) -> Value {
        switch constructor {
        case .orderedDictionary where arguments.isEmpty:
            dictionaries.append([])
            return .dictionary(dictionaries.count - 1)
        case .tuple where arguments.count == 1, .size where arguments.count == 1:
            if let elements = elements(arguments[0]) {
                sequences.append(elements)
                return .tuple(sequences.count - 1)
            }
        case .encode where arguments.count == 2:
            if case .text(let range) = self[arguments[0]], text(arguments[1]) == "latin1" {
                return .latin1(range)
            }
        case .reconstructArray where arguments.count == 3:
            if case .constructor(.array) = self[arguments[0]] {
                arrays.append(nil)
                return .array(arrays.count - 1)
            }
        case .elementType where !arguments.isEmpty:
            return .elementType(try elementType(arguments[0]))
        case .scalar where arguments.count == 2:
            return try array(type: arguments[0], shape: [], data: arguments[1], columnMajor: false)
        case .arrayFromBuffer where arguments.count == 4:
            if let shape = counts(arguments[2]), let order = text(arguments[3]) {
                return try array(
                    type: arguments[1], shape: shape, data: arguments[0], columnMajor: order == "F")
            }
        case .rebuildTensor where (6...7).contains(arguments.count):
            return try rebuildTensor(arguments)
        case .rebuildParameter where arguments.count == 3:
            if case .tensor = self[arguments[0]] { return self[arguments[0]] }
        default: break
        }
        throw .malformed("'\(constructor)' is given arguments that it does not take")
    }

    /// Completes a value by its state.
    mutating func build(_ target: Reference, state: Reference) throws(Misuse) {
        switch self[target] {
        case .array(let position):
            guard let state = elements(state), state.count == 5, let shape = counts(state[1]),
                case .bool(let columnMajor) = self[state[3]]
            else {
                throw .malformed("an array's state is not (version, shape, type, order, bytes)")
            }
            let made = try array(
                type: state[2], shape: shape, data: state[4], columnMajor: columnMajor)
            guard case .array(let new) = made else { return }
            arrays.swapAt(position, new)
        case .elementType:
            // (version, byte order, ...): big-endian files come from machines long gone.
            guard let state = elements(state), state.count >= 2, let order = text(state[1]) else {
                throw .malformed("an element type's state is not (version, byte order, ...)")
            }
            guard order == "<" || order == "|" || order == "=" else {
                throw .unsupported("arrays of big-endian numbers; save them little-endian")
            }
        case .dictionary:
            // Attributes of an ordered dictionary: PyTorch keeps version numbers there.
            guard pairs(state) != nil else {
                throw .malformed("a dictionary's state is no dictionary")
            }
        default: throw .malformed("the pickle completes a value that is complete")
        }
    }

    private func elementType(_ reference: Reference) throws(Misuse) -> ElementType {
        guard let name = text(reference) else { throw .malformed("an element type has no name") }
        guard let type = ElementType.byNumPyName[name] else {
            throw .unsupported("arrays of NumPy type '\(name.prefix(20))'; expected numbers")
        }
        return type
    }

    private mutating func array(
        type: Reference, shape: [Int], data: Reference, columnMajor: Bool
    ) throws(Misuse) -> Value {
        guard case .elementType(let type) = self[type] else {
            throw .malformed("an array has no element type")
        }
        guard let count = type.byteCount(ofShape: shape) else {
            throw .malformed("no memory can hold an array of shape \(shape)")
        }
        let payload: TensorPayload
        switch self[data] {
        case .bytes(let range) where range.count == count: payload = .stored(range)
        // Each byte takes one or two bytes of text; the exact count shows when it is decoded.
        case .latin1(let range) where count <= range.count && range.count <= 2 * count:
            payload = .latin1(text: range, count: count)
        case .bytes(let range), .latin1(let range):
            throw .malformed(
                "an array of \(type) and shape \(shape) takes \(count) bytes, but \(range.count) "
                    + "are given")
        default: throw .malformed("an array has no bytes")
        }
        let layout = columnMajor ? TensorSource.Layout.columnMajor(shape: shape) : nil
        arrays.append(
            Array(
                elementType: type, shape: shape,
                source: TensorSource(payload: payload, layout: layout)))
        return .array(arrays.count - 1)
    }

    /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])`, where
    /// the storage is ('storage', type, key, location, element count).
    private mutating func rebuildTensor(_ arguments: [Reference]) throws(Misuse) -> Value {
        guard case .external(let external) = self[arguments[0]],
            let storage = elements(external), storage.count == 5, text(storage[0]) == "storage",
            case .constructor(.storage(let type)) = self[storage[1]], let key = text(storage[2]),
            case .int(let storageCount) = self[storage[4]], storageCount >= 0
        else { throw .malformed("a tensor's storage is not described as PyTorch does") }
        guard case .int(let offset) = self[arguments[1]], offset >= 0,
            let shape = counts(arguments[2]), let strides = counts(arguments[3]),
            shape.count == strides.count
        else { throw .malformed("a tensor's offset, shape and strides are no counts") }
        guard let byteCount = type.byteCount(ofShape: shape),
            byteCount / type.byteCount <= storageCount,
            Self.lastElement(offset: offset, shape: shape, strides: strides) < storageCount
        else {
            throw .malformed(
                "a tensor of shape \(shape), strides \(strides) and offset \(offset) does not lie "
                    + "in its storage of \(storageCount) elements")
        }
        tensors.append(
            Tensor(
                elementType: type, storage: key, storageCount: storageCount, shape: shape,
                strides: strides, offset: offset))
        return .tensor(tensors.count - 1)
    }

    /// The highest position that a view reaches; -1 for an empty one, `Int.max` for overflow.
    private static func lastElement(offset: Int, shape: [Int], strides: [Int]) -> Int {
        if shape.contains(0) { return -1 }
        var last = offset
        for (size, stride) in zip(shape, strides) {
            let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, carry) = last.addingReportingOverflow(step)
            if overflow || carry { return .max }
            last = sum
        }
        return last
    }
}
