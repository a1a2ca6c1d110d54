/// Where the bytes of a tensor lie in a mapped file.
indirect enum TensorPayload: Sendable {
    /// As they are needed.
    case stored(Range<Int>)
    /// As text whose characters U+0000 to U+00FF stand for one byte each, in UTF-8: what Python
    /// makes of bytes in pickle protocol 2.
    case latin1(text: Range<Int>, count: Int)
    /// One piece after another.
    case joined([TensorPayload])

    /// Bytes of the tensor.
    var count: Int {
        switch self {
        case .stored(let range): range.count
        case .latin1(_, let count): count
        case .joined(let parts): parts.reduce(0) { $0 + $1.count }
        }
    }
}

/// Where the elements of a tensor lie and how they follow each other.
struct TensorSource: Sendable {
    /// Steps through the payload, in elements, when it is not dense and row-major.
    struct Layout: Sendable {
        let offset: Int
        let strides: [Int]
    }

    let payload: TensorPayload
    var layout: Layout?
}

/// The tensors of one mapped file, whatever its format.
final class MappedTensors: TensorContainer {
    let entries: [TensorEntry]
    var path: String { file.path }
    private let file: MappedFile
    private let sources: [TensorSource]
    private let positions: [String: Int]

    /// Takes tensors whose bounds and sizes the reader of the format has checked.
    init(
        file: MappedFile, tensors: [(entry: TensorEntry, source: TensorSource)]
    ) throws(TensorFileError) {
        self.file = file
        entries = tensors.map(\.entry)
        sources = tensors.map(\.source)
        try TensorEntry.expectDistinctNames(entries, path: file.path)
        positions = Dictionary(
            uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    func tensor(named name: String) throws -> HostTensor {
        guard let position = positions[name] else { throw TensorFileError.noTensor(name, in: path) }
        let (entry, source) = (entries[position], sources[position])
        if let layout = source.layout {
            return try HostTensor(elementType: entry.elementType, shape: entry.shape) { target in
                try withBytes(of: source.payload, tensor: name) { bytes in
                    layout.gather(bytes, shape: entry.shape, type: entry.elementType, into: target)
                }
                release(source.payload)
            }
        }
        if case .stored(let range) = source.payload {
            return HostTensor(
                elementType: entry.elementType, shape: entry.shape, file: file, range: range)
        }
        return try HostTensor(elementType: entry.elementType, shape: entry.shape) { target in
            try fill(target, from: source.payload, tensor: name)
            release(source.payload)
        }
    }

    private func withBytes(
        of payload: TensorPayload, tensor: String, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws {
        if case .stored(let range) = payload {
            file.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        } else {
            let dense = try HostTensor(elementType: .uint8, shape: [payload.count]) {
                try fill($0, from: payload, tensor: tensor)
            }
            dense.withUnsafeBytes(body)
        }
    }

    private func fill(
        _ target: UnsafeMutableRawBufferPointer, from payload: TensorPayload, tensor: String
    ) throws {
        switch payload {
        case .stored(let range):
            file.withUnsafeBytes {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range]))
            }
        case .latin1(let range, _):
            let isWhole = file.withUnsafeBytes {
                Self.decodeLatin1($0[range], into: target)
            }
            guard isWhole else {
                throw TensorFileError(
                    .malformed, path: path, offset: range.lowerBound, tensor: tensor,
                    "the text that stands for the tensor's bytes does not give the \(target.count) "
                        + "bytes that its type and shape take")
            }
        case .joined(let parts):
            var start = 0
            for part in parts {
                let slice = target[start..<start + part.count]
                try fill(.init(rebasing: slice), from: part, tensor: tensor)
                start += part.count
            }
        }
    }

    /// Decodes characters to bytes; tells whether they are valid and exactly as many as needed.
    private static func decodeLatin1(
        _ text: Slice<UnsafeRawBufferPointer>, into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let source = UnsafeRawBufferPointer(rebasing: text)
        var position = 0
        for index in target.indices {
            guard position < source.count else { return false }
            let byte = source[position]
            if byte < 0x80 {
                target[index] = byte
                position += 1
            } else {
                // U+0080 to U+00FF: 0xC2 or 0xC3 with six bits following.
                guard byte & 0xFE == 0xC2, position + 1 < source.count,
                    source[position + 1] & 0xC0 == 0x80
                else { return false }
                target[index] = byte << 6 | source[position + 1] & 0x3F
                position += 2
            }
        }
        return position == source.count
    }

    private func release(_ payload: TensorPayload) {
        switch payload {
        case .stored(let range), .latin1(let range, _): file.releasePages(in: range)
        case .joined(let parts): parts.forEach(release)
        }
    }
}

extension TensorSource.Layout {
    /// The layout of an array stored with its first index running fastest; `nil` when that is the
    /// same as row-major.
    static func columnMajor(shape: [Int]) -> Self? {
        var strides: [Int] = []
        var stride = 1
        for size in shape {
            strides.append(stride)
            // A size of zero may stand beside sizes whose product is beyond 64 bits.
            stride &*= size
        }
        return isRowMajor(strides, shape: shape) ? nil : Self(offset: 0, strides: strides)
    }

    /// Whether elements with these strides lie densely in row-major order.
    static func isRowMajor(_ strides: [Int], shape: [Int]) -> Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() {
            guard size == 1 || stride == expected else { return false }
            expected &*= size
        }
        return true
    }

    /// Copies the elements to dense row-major order.
    fileprivate func gather(
        _ bytes: UnsafeRawBufferPointer, shape: [Int], type: ElementType,
        into target: UnsafeMutableRawBufferPointer
    ) {
        switch type.byteCount {
        case 1: gather(bytes, shape: shape, into: target.bindMemory(to: UInt8.self))
        case 2: gather(bytes, shape: shape, into: target.bindMemory(to: UInt16.self))
        case 4: gather(bytes, shape: shape, into: target.bindMemory(to: UInt32.self))
        default: gather(bytes, shape: shape, into: target.bindMemory(to: UInt64.self))
        }
    }

    private func gather<Element: BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, shape: [Int],
        into target: UnsafeMutableBufferPointer<Element>
    ) {
        var indices = [Int](repeating: 0, count: shape.count)
        var position = offset
        for index in target.indices {
            target[index] = bytes.loadUnaligned(
                fromByteOffset: position * MemoryLayout<Element>.stride, as: Element.self)
            for dimension in shape.indices.reversed() {
                indices[dimension] += 1
                position += strides[dimension]
                if indices[dimension] < shape[dimension] { break }
                position -= strides[dimension] * shape[dimension]
                indices[dimension] = 0
            }
        }
    }
}
