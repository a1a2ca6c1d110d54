/// The members of a tar archive, one after the other, in bounded memory; packed with gzip or not.
///
/// Reads the ustar form with GNU's long names and large numbers, and the `path` and `size` of pax
/// headers. Files that GNU tar wrote with their holes left out are told from others, not put together
/// again. Every header's checksum is verified. Used by one thread at a time.
package final class TarReader {
    /// What a member is.
    package enum Kind: Sendable, Equatable {
        case file
        case folder
        /// A file whose holes were left out (`tar --sparse`): what is stored is not its content.
        case sparseFile
        /// A link, a device or anything else that has no content.
        case other
    }

    /// One member.
    package struct Member: Sendable, Equatable {
        /// The name as the archive has it; it may be absolute or hold `..`.
        ///
        /// What is no UTF-8 in it is replaced, so that different names can look the same here.
        package var name: String { String(decoding: rawName, as: UTF8.self) }
        /// The bytes of the name.
        package let rawName: [UInt8]
        package let kind: Kind
        /// Bytes of the content.
        package let size: Int
        /// Where in the unpacked archive the content begins.
        package let offset: Int
    }

    /// The archive's path.
    package var path: String { file.path }
    /// How many bytes of the unpacked archive were taken or passed over.
    package var offset: Int { file.offset }

    private static let blockSize = 512
    // Long names and pax headers; far more than any file system's paths.
    private static let longestExtension = 1 << 20

    private let file: SequentialFile
    // Bytes of the present member, its padding included, that were not taken yet.
    private var remaining = 0
    private var padding = 0
    private var isAtEnd = false

    /// Opens an archive.
    ///
    /// - Throws: `DataError` when it cannot be read.
    package convenience init(path: String) throws(DataError) {
        self.init(try SequentialFile(path: path))
    }

    /// Reads an archive that is open at its front.
    init(_ file: SequentialFile) { self.file = file }

    /// The next member; what was not read of the one before is passed over.
    ///
    /// - Returns: `nil` at the mark that ends the archive.
    /// - Throws: `DataError` with the byte's position when a header is damaged, or when the archive
    ///   ends in the middle of a member or without its end mark.
    package func next() throws(DataError) -> Member? {
        guard !isAtEnd else { return nil }
        var longName: [UInt8]?
        var pax = PaxHeader()
        while true {
            try file.skip(remaining + padding)
            (remaining, padding) = (0, 0)
            let start = file.offset
            guard let header = try header() else {
                isAtEnd = true
                return nil
            }
            guard let storedSize = header.size else {
                throw fault(start, "a header with a damaged size")
            }
            setContent(storedSize)
            switch header.type {
            case UInt8(ascii: "L"):
                longName = Self.text(try extensionContent(storedSize)[...])
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                guard let read = PaxHeader(try extensionContent(storedSize)) else {
                    throw fault(start, "a damaged pax header")
                }
                pax = read
            case UInt8(ascii: "K"), UInt8(ascii: "g"), UInt8(ascii: "V"):
                continue
            default:
                let name = pax.path ?? longName ?? header.name
                let kind = pax.isSparse ? .sparseFile : Self.kind(header.type, name: name)
                if header.isExtended { try skipSparseMap() }
                let size = Self.hasContent(header.type, kind) ? pax.size ?? storedSize : 0
                setContent(size)
                return Member(
                    rawName: name, kind: kind, size: kind == .other ? 0 : size,
                    offset: file.offset)
            }
        }
    }

    /// Takes bytes of the present member's content.
    ///
    /// - Parameter count: The most bytes to take.
    /// - Returns: Bytes; none at the end of the content.
    /// - Throws: `DataError` when the archive ends before the content does.
    package func read(upTo count: Int) throws(DataError) -> [UInt8] {
        let bytes = try file.read(upTo: min(count, remaining))
        guard bytes.count == min(count, remaining) else {
            throw fault(file.offset, "the end of the file in the middle of a member")
        }
        remaining -= bytes.count
        return bytes
    }

    // MARK: Headers

    private struct Header {
        var name: [UInt8]
        var type: UInt8
        var size: Int?
        // Whether blocks follow that go on with the map of a sparse file.
        var isExtended: Bool
    }

    /// The next header; `nil` at the end mark.
    private func header() throws(DataError) -> Header? {
        let start = file.offset
        let block = try file.read(upTo: Self.blockSize)
        guard block.count == Self.blockSize else {
            throw fault(
                start,
                block.isEmpty
                    ? "the end of the file without the mark that ends an archive"
                    : "the end of the file in the middle of a header")
        }
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard let sum = Self.number(block[148..<156]), sum == Self.checksum(block) else {
            throw fault(start, "a header whose checksum is wrong")
        }
        var name = Self.text(block[0..<100])
        if block[257..<263].elementsEqual("ustar\0".utf8) {
            let prefix = Self.text(block[345..<500])
            if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        }
        return Header(
            name: name, type: block[156], size: Self.number(block[124..<136]),
            isExtended: block[156] == UInt8(ascii: "S") && block[482] != 0)
    }

    /// Passes over the blocks between a sparse file's header and what is stored of it.
    private func skipSparseMap() throws(DataError) {
        while true {
            let block = try file.read(upTo: Self.blockSize)
            guard block.count == Self.blockSize else {
                throw fault(file.offset, "the end of the file in the map of a sparse file")
            }
            if block[504] == 0 { return }
        }
    }

    private func extensionContent(_ size: Int) throws(DataError) -> [UInt8] {
        guard size <= Self.longestExtension else {
            throw fault(file.offset, "a name of \(size) bytes")
        }
        return try read(upTo: size)
    }

    private func setContent(_ size: Int) {
        remaining = size
        padding = (Self.blockSize - size % Self.blockSize) % Self.blockSize
    }

    private func fault(_ position: Int, _ found: String) -> DataError {
        DataError(
            path,
            "byte \(position): expected a member of a tar archive, got \(found); the file may be "
                + "cut short or no tar archive")
    }

    private static func kind(_ type: UInt8, name: [UInt8]) -> Kind {
        switch type {
        case UInt8(ascii: "0"), 0, UInt8(ascii: "7"):
            // Archives older than ustar have no other mark of a folder.
            name.last == UInt8(ascii: "/") ? .folder : .file
        case UInt8(ascii: "5"): .folder
        case UInt8(ascii: "S"): .sparseFile
        default: .other
        }
    }

    /// Whether content follows a header.
    ///
    /// Links, devices and folders have none whatever their size
    /// says; members of unknown kinds are to be taken for files.
    private static func hasContent(_ type: UInt8, _ kind: Kind) -> Bool {
        kind != .folder && !(UInt8(ascii: "1")...UInt8(ascii: "6")).contains(type)
    }

    /// The sum of all bytes, those of the checksum itself counted as spaces.
    private static func checksum(_ block: [UInt8]) -> Int {
        var sum = 0
        for (index, byte) in block.enumerated() {
            sum += (148..<156).contains(index) ? Int(UInt8(ascii: " ")) : Int(byte)
        }
        return sum
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(bytes.prefix { $0 != 0 })
    }

    /// An octal number, or GNU's form for large ones; `nil` when it is neither or absurd.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if let first = field.first, first & 0x80 != 0 {
            var value = Int(first & 0x7f)
            for byte in field.dropFirst() {
                guard value < 1 << 52 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        let digits = field.drop { $0 == UInt8(ascii: " ") }
            .prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }
}

/// What a pax header says of the member after it.
private struct PaxHeader {
    var path: [UInt8]?
    var size: Int?
    var isSparse = false

    init() {}

    /// Reads records of the form "LENGTH KEY=VALUE\n"; `nil` when they are damaged.
    init?(_ content: [UInt8]) {
        var rest = content[...]
        while let first = rest.first, first != 0 {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
                let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex + 1, length <= rest.count
            else { return nil }
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            rest = rest.dropFirst(length)
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let value = Array(record[(equals + 1)...])
            switch String(decoding: record[..<equals], as: UTF8.self) {
            case "GNU.sparse.name":
                path = value
                isSparse = true
            case "path": path = isSparse ? path : value
            case "size":
                guard let number = Int(String(decoding: value, as: UTF8.self)),
                    (0..<1 << 60).contains(number)
                else { return nil }
                size = number
            case let key: isSparse = isSparse || key.hasPrefix("GNU.sparse.")
            }
        }
    }
}
