/// The checked table of contents of a safetensors file.
///
/// Layout (Hugging Face, "Safetensors format"): 8 bytes of header length, little-endian; the header,
/// a JSON object of name -> {dtype, shape, data_offsets [begin, end)} with an optional
/// `__metadata__` of strings; the data, which the tensors cover without overlap or hole.
struct SafetensorsHeader: Sendable {
    /// The longest header that is read, as in the format's own library.
    static let lengthLimit = 100_000_000

    /// The tensors in the order of the header.
    private(set) var entries: [TensorEntry] = []
    /// The tensors' bytes, as ranges of the file, in the same order.
    private(set) var ranges: [Range<Int>] = []
    /// The position of every name in `entries`.
    private(set) var positions: [String: Int] = [:]
    /// The strings under `__metadata__`.
    private(set) var metadata: [String: String] = [:]

    /// Reads and checks the header of a mapped file.
    init(file: MappedFile) throws(TensorFileError) {
        do {
            try file.withUnsafeBytes { try parse($0, path: file.path) }
        } catch let error as TensorFileError {
            throw error
        } catch let fault as JSONCursor.Fault {
            throw TensorFileError(
                .malformed, path: file.path, offset: 8 + fault.offset,
                "the safetensors header is faulty: \(fault.message)")
        } catch {
            fatalError("SafetensorsHeader: unexpected error \(error)")
        }
    }

    private mutating func parse(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        guard bytes.count >= 8 else {
            throw TensorFileError(
                .truncated, path: path,
                "\(bytes.count) bytes are no safetensors file, which begins with 8 bytes of "
                    + "header length; get the file again")
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(bytes.count - 8) else {
            throw TensorFileError(
                .truncated, path: path, offset: 0,
                "the header's length is given as \(length) bytes, but only \(bytes.count - 8) "
                    + "follow; the file is cut off, or no safetensors file")
        }
        guard length <= UInt64(Self.lengthLimit) else {
            throw TensorFileError(
                .malformed, path: path, offset: 0,
                "the header's length is given as \(length) bytes; at most \(Self.lengthLimit) "
                    + "are allowed")
        }
        let dataStart = 8 + Int(length)
        var cursor = JSONCursor(UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]))
        var hasMetadata = false
        try cursor.object { cursor, key, keyOffset in
            guard positions[key] == nil, !hasMetadata || key != "__metadata__" else {
                throw cursor.fault("the key '\(key)' occurs twice", at: keyOffset)
            }
            if key == "__metadata__" {
                hasMetadata = true
                metadata = try Self.metadata(&cursor)
            } else {
                try addTensor(
                    key, &cursor, path: path, keyOffset: 8 + keyOffset,
                    data: dataStart..<bytes.count)
            }
        }
        try cursor.expectEnd()
        try checkCoverage(of: dataStart..<bytes.count, path: path)
    }

    private static func metadata(_ cursor: inout JSONCursor) throws -> [String: String] {
        var metadata: [String: String] = [:]
        try cursor.object { cursor, key, keyOffset in
            let value = try cursor.string()
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw cursor.fault("the metadata key '\(key)' occurs twice", at: keyOffset)
            }
        }
        return metadata
    }

    private mutating func addTensor(
        _ name: String, _ cursor: inout JSONCursor, path: String, keyOffset: Int, data: Range<Int>
    ) throws {
        func fault(_ code: TensorFileError.Code, _ message: String) -> TensorFileError {
            TensorFileError(code, path: path, offset: keyOffset, tensor: name, message)
        }
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        try cursor.object { cursor, key, offset in
            let isNew: Bool
            switch key {
            case "dtype":
                isNew = dtype == nil
                dtype = try cursor.string()
            case "shape":
                isNew = shape == nil
                shape = try Self.counts(&cursor)
            case "data_offsets":
                isNew = offsets == nil
                offsets = try Self.counts(&cursor)
            default:
                throw cursor.fault("tensor '\(name)' has an unknown key '\(key)'", at: offset)
            }
            guard isNew else {
                throw cursor.fault("tensor '\(name)' has the key '\(key)' twice", at: offset)
            }
        }
        guard let dtype, let shape, let offsets else {
            throw fault(.malformed, "one of dtype, shape and data_offsets is missing")
        }
        guard let elementType = ElementType.bySafetensorsName[dtype] else {
            let known = ElementType.bySafetensorsName.keys.sorted().joined(separator: ", ")
            throw fault(.unsupported, "dtype '\(dtype)' is not known; expected one of \(known)")
        }
        let entry = TensorEntry(name: name, elementType: elementType, shape: shape)
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw fault(
                .malformed, "data_offsets are \(offsets); expected a begin and an end after it")
        }
        guard offsets[1] <= data.count else {
            throw fault(
                .truncated,
                "data_offsets \(offsets) lie beyond the end of the data, which has \(data.count) "
                    + "bytes; the file is cut off: get it again")
        }
        guard let expected = entry.byteCount, expected == offsets[1] - offsets[0] else {
            throw fault(
                .malformed,
                "data_offsets \(offsets) hold \(offsets[1] - offsets[0]) bytes, but \(dtype) of "
                    + "shape \(shape) takes \(entry.byteCount.map(String.init) ?? "more than 2^63")"
            )
        }
        positions[name] = entries.count
        entries.append(entry)
        ranges.append(data.lowerBound + offsets[0]..<data.lowerBound + offsets[1])
    }

    private static func counts(_ cursor: inout JSONCursor) throws -> [Int] {
        var counts: [Int] = []
        try cursor.array { cursor in
            guard counts.count < ElementType.rankLimit else {
                throw cursor.fault("more than \(ElementType.rankLimit) dimensions")
            }
            counts.append(try cursor.count())
        }
        return counts
    }

    /// Checks that the tensors cover the data exactly, so that nothing hides in the file.
    private func checkCoverage(of data: Range<Int>, path: String) throws(TensorFileError) {
        let order = ranges.indices.sorted {
            (ranges[$0].lowerBound, ranges[$0].upperBound)
                < (ranges[$1].lowerBound, ranges[$1].upperBound)
        }
        var end = data.lowerBound
        for index in order {
            let start = ranges[index].lowerBound
            guard start == end else {
                throw TensorFileError(
                    .malformed, path: path, offset: start, tensor: entries[index].name,
                    start < end
                        ? "overlaps the tensor before it, which ends at byte \(end)"
                        : "leaves a hole of \(start - end) bytes after the tensor before it")
            }
            end = ranges[index].upperBound
        }
        guard end == data.upperBound else {
            throw TensorFileError(
                .malformed, path: path, offset: end,
                "\(data.upperBound - end) bytes after the last tensor belong to none")
        }
    }
}

extension ElementType {
    static let bySafetensorsName = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0.safetensorsName, $0) })

    /// The name in the header of a safetensors file.
    var safetensorsName: String {
        switch self {
        case .bool: "BOOL"
        case .uint8: "U8"
        case .int8: "I8"
        case .uint16: "U16"
        case .int16: "I16"
        case .uint32: "U32"
        case .int32: "I32"
        case .uint64: "U64"
        case .int64: "I64"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .float32: "F32"
        case .float64: "F64"
        }
    }
}
