/// NumPy's `.npy` arrays, alone or as entries of an `.npz` archive.
enum NumPyFile {
    /// Reads a `.npy` file; its one tensor is named after the file.
    static func open(_ file: MappedFile) throws -> MappedTensors {
        let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
        return try MappedTensors(
            file: file,
            tensors: [try array(file, in: 0..<file.count, name: stem(of: name))])
    }

    /// Reads an `.npz` archive; its tensors are named after their entries.
    static func open(_ file: MappedFile, archive: ZipArchive) throws -> MappedTensors {
        try MappedTensors(
            file: file,
            tensors: archive.entries.filter { $0.name.hasSuffix(".npy") }.map { entry in
                try archive.expectStored(entry)
                return try array(file, in: entry.range, name: stem(of: entry.name))
            })
    }

    private static func stem(of name: String) -> String {
        name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
    }

    /// Reads one array that fills a range: magic, version, length and text of the header, elements
    /// (NumPy Enhancement Proposal 1).
    private static func array(
        _ file: MappedFile, in range: Range<Int>, name: String
    ) throws -> (entry: TensorEntry, source: TensorSource) {
        func fault(_ code: TensorFileError.Code, _ message: String) -> TensorFileError {
            TensorFileError(
                code, path: file.path, offset: range.lowerBound, tensor: name, message)
        }
        let (header, start) = try file.withUnsafeBytes { bytes in
            let bytes = UnsafeRawBufferPointer(rebasing: bytes[range])
            guard bytes.starts(with: magic), let version: UInt8 = bytes.number(at: 6),
                (1...3).contains(version)
            else { throw fault(.malformed, "is no NumPy array of version 1 to 3") }
            let lengthSize = version == 1 ? 2 : 4
            let length =
                version == 1
                ? bytes.number(at: 8, as: UInt16.self).map(Int.init)
                : bytes.number(at: 8, as: UInt32.self).map(Int.init)
            // The limit is NumPy's own for headers that are not trusted.
            guard let length, length <= 10_000, length <= bytes.count - 8 - lengthSize,
                let header = NumPyHeader(bytes[8 + lengthSize..<8 + lengthSize + length])
            else { throw fault(.malformed, "the NumPy header is cut off or damaged") }
            return (header, range.lowerBound + 8 + lengthSize + length)
        }
        let order = header.description.first
        guard order == "<" || order == "|",
            let type = ElementType.byNumPyName[String(header.description.dropFirst())]
        else {
            throw fault(
                .unsupported,
                "arrays of NumPy type '\(header.description)'; expected little-endian numbers")
        }
        guard let count = type.byteCount(ofShape: header.shape),
            count == range.upperBound - start
        else {
            throw fault(
                .truncated,
                "\(type) of shape \(header.shape) does not take the \(range.upperBound - start) "
                    + "bytes that follow the header")
        }
        return (
            TensorEntry(name: name, elementType: type, shape: header.shape),
            TensorSource(
                payload: .stored(start..<range.upperBound),
                layout: header.isColumnMajor ? .columnMajor(shape: header.shape) : nil)
        )
    }

    /// The first six bytes of every file.
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
}

/// The Python dictionary in a `.npy` header: `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
struct NumPyHeader {
    private(set) var description = ""
    private(set) var isColumnMajor = false
    private(set) var shape: [Int] = []

    /// Reads the text; `nil` when it is anything else than the three keys, each once.
    init?(_ text: some Collection<UInt8>) {
        var scanner = Scanner(rest: Array(text)[...])
        var keys: Set<String> = []
        guard scanner.take("{") else { return nil }
        while !scanner.take("}") {
            guard let key = scanner.quoted(), keys.insert(key).inserted, scanner.take(":") else {
                return nil
            }
            switch key {
            case "descr":
                guard let text = scanner.quoted() else { return nil }
                description = text
            case "fortran_order":
                isColumnMajor = scanner.take("True")
                guard isColumnMajor || scanner.take("False") else { return nil }
            case "shape":
                guard let shape = scanner.tuple() else { return nil }
                self.shape = shape
            default: return nil
            }
            guard scanner.take(",") || scanner.rest.first == UInt8(ascii: "}") else { return nil }
        }
        guard keys.count == 3, scanner.isAtEnd else { return nil }
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool { rest.allSatisfy { $0 == 0x20 || $0 == 0x0A } }

        mutating func take(_ word: String) -> Bool {
            rest = rest.drop { $0 == 0x20 || $0 == 0x0A }
            guard rest.starts(with: word.utf8) else { return false }
            rest = rest.dropFirst(word.utf8.count)
            return true
        }

        mutating func quoted() -> String? {
            guard take("'"), let end = rest.firstIndex(of: UInt8(ascii: "'")) else { return nil }
            defer { rest = rest[(end + 1)...] }
            return String(validating: rest[..<end], as: UTF8.self)
        }

        mutating func tuple() -> [Int]? {
            guard take("(") else { return nil }
            var sizes: [Int] = []
            while !take(")") {
                let digits = rest.prefix { (0x30...0x39).contains($0) }
                guard let size = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
                sizes.append(size)
                rest = rest.dropFirst(digits.count)
                // A tuple of one has a comma behind it, others between.
                guard take(",") || rest.first == UInt8(ascii: ")") else { return nil }
                rest = rest.drop { $0 == 0x20 }
            }
            return sizes
        }
    }
}
