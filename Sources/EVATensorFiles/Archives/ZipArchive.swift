/// The checked table of contents of a ZIP file (PKWARE APPNOTE 6.3, with the 64-bit extension).
struct ZipArchive {
    struct Entry {
        let name: String
        /// The entry's bytes in the file.
        let range: Range<Int>
        /// Whether the bytes are the content itself.
        let isStored: Bool
        /// The checksum of the content; 0 where whoever wrote it took none.
        let checksum: UInt32
    }

    private(set) var entries: [Entry] = []
    private let path: String

    /// Reads the central directory and checks every entry against the file's size.
    init(file: MappedFile) throws(TensorFileError) {
        path = file.path
        try file.withUnsafeBytes { bytes throws(TensorFileError) in try read(bytes) }
    }

    /// The entry of a name, which must not be compressed.
    func storedEntry(_ name: String) throws(TensorFileError) -> Entry? {
        guard let entry = entries.first(where: { $0.name == name }) else { return nil }
        try expectStored(entry)
        return entry
    }

    /// Refuses an entry that is compressed.
    func expectStored(_ entry: Entry) throws(TensorFileError) {
        guard entry.isStored else {
            throw TensorFileError(
                .unsupported, path: path, offset: entry.range.lowerBound, tensor: entry.name,
                "is compressed; save it uncompressed (numpy.savez, torch.save) so that it can be "
                    + "mapped into memory")
        }
    }

    /// Compares the content of every entry with its checksum, as far as both are there.
    ///
    /// PyTorch can be told to leave checksums out.
    ///
    /// - Returns: The number of entries that were compared.
    /// - Throws: `TensorFileError` that names the first entry that differs.
    func verifyChecksums(_ file: MappedFile) throws(TensorFileError) -> Int {
        let checked = entries.filter { $0.isStored && $0.checksum != 0 }
        for entry in checked {
            let actual = file.withUnsafeBytes {
                CRC32.checksum(of: UnsafeRawBufferPointer(rebasing: $0[entry.range]))
            }
            file.releasePages(in: entry.range)
            guard actual == entry.checksum else {
                throw TensorFileError(
                    .malformed, path: path, offset: entry.range.lowerBound, tensor: entry.name,
                    "is damaged: its CRC-32 is \(String(actual, radix: 16)), the archive says "
                        + "\(String(entry.checksum, radix: 16)); get the file again")
            }
        }
        return checked.count
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
        let directory = try directory(bytes)
        var position = directory.range.lowerBound
        var names: Set<String> = []
        for _ in 0..<directory.count {
            let header = UnsafeRawBufferPointer(rebasing: bytes[..<directory.range.upperBound])
            let entry: Entry
            let next: Int
            do {
                (entry, next) = try Self.entry(header, at: position)
            } catch {
                throw fault(at: position, error.message)
            }
            guard names.insert(entry.name).inserted else {
                throw fault(at: position, "the archive holds '\(entry.name)' twice")
            }
            entries.append(entry)
            position = next
        }
    }

    /// Finds the central directory from the end of the file.
    private func directory(
        _ bytes: UnsafeRawBufferPointer
    ) throws(TensorFileError) -> (range: Range<Int>, count: Int) {
        // The end record is 22 bytes with a comment of at most 65,535 behind it.
        var end = bytes.count - 22
        let lowest = max(0, end - 65_535)
        while end >= lowest, bytes.number(at: end, as: UInt32.self) != 0x0605_4B50 { end -= 1 }
        guard end >= lowest else {
            throw TensorFileError(
                .truncated, path: path,
                "the archive's directory at the end is missing; the file is cut off: get it again")
        }
        var count = bytes.number(at: end + 10, as: UInt16.self).map(UInt64.init)
        var size = bytes.number(at: end + 12, as: UInt32.self).map(UInt64.init)
        var start = bytes.number(at: end + 16, as: UInt32.self).map(UInt64.init)
        if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
            guard bytes.number(at: end - 20, as: UInt32.self) == 0x0706_4B50,
                let record = bytes.number(at: end - 12, as: UInt64.self).flatMap(
                    Int.init(exactly:)),
                record <= end, bytes.number(at: record, as: UInt32.self) == 0x0606_4B50
            else { throw fault(at: end, "the archive's 64-bit directory record is missing") }
            count = bytes.number(at: record + 32)
            size = bytes.number(at: record + 40)
            start = bytes.number(at: record + 48)
        }
        guard let count, let size, let start, start <= UInt64(end), size <= UInt64(end) - start,
            count <= size / 46
        else { throw fault(at: end, "the archive's directory does not lie in the file") }
        return (Int(start)..<Int(start + size), Int(count))
    }

    private struct Misuse: Error {
        let message: String
    }

    /// Reads one record of the directory and gives the position of the next.
    private static func entry(
        _ bytes: UnsafeRawBufferPointer, at position: Int
    ) throws(Misuse) -> (Entry, next: Int) {
        guard bytes.number(at: position, as: UInt32.self) == 0x0201_4B50,
            let flags = bytes.number(at: position + 8, as: UInt16.self),
            let method = bytes.number(at: position + 10, as: UInt16.self),
            let checksum = bytes.number(at: position + 16, as: UInt32.self),
            let compressedField = bytes.number(at: position + 20, as: UInt32.self),
            let plainField = bytes.number(at: position + 24, as: UInt32.self),
            let nameLength = bytes.number(at: position + 28, as: UInt16.self),
            let extraLength = bytes.number(at: position + 30, as: UInt16.self),
            let commentLength = bytes.number(at: position + 32, as: UInt16.self),
            let headerField = bytes.number(at: position + 42, as: UInt32.self)
        else { throw Misuse(message: "a record of the archive's directory is damaged") }
        let extraStart = position + 46 + Int(nameLength)
        let next = extraStart + Int(extraLength) + Int(commentLength)
        guard next <= bytes.count, let name = bytes.text(in: position + 46..<extraStart) else {
            throw Misuse(message: "a record of the archive's directory is damaged")
        }
        guard flags & 1 == 0 else { throw Misuse(message: "'\(name)' is encrypted") }

        var wide = WideFields(
            bytes, in: extraStart..<extraStart + Int(extraLength))
        guard let plain = wide.resolve(plainField), let compressed = wide.resolve(compressedField),
            let header = wide.resolve(headerField),
            bytes.number(at: header, as: UInt32.self) == 0x0403_4B50,
            let localName = bytes.number(at: header + 26, as: UInt16.self),
            let localExtra = bytes.number(at: header + 28, as: UInt16.self)
        else { throw Misuse(message: "'\(name)' has no header where the directory says") }
        let start = header + 30 + Int(localName) + Int(localExtra)
        guard start <= bytes.count, compressed <= bytes.count - start,
            method != 0 || plain == compressed
        else { throw Misuse(message: "'\(name)' does not lie in the file") }
        return (
            Entry(
                name: name, range: start..<start + compressed, isStored: method == 0,
                checksum: checksum), next
        )
    }

    private func fault(at position: Int, _ message: String) -> TensorFileError {
        TensorFileError(.malformed, path: path, offset: position, message)
    }
}

/// The 64-bit values that stand in an entry's extra field, in the order of the fields they replace.
private struct WideFields {
    private let bytes: UnsafeRawBufferPointer
    private var values: Range<Int>

    init(_ bytes: UnsafeRawBufferPointer, in extra: Range<Int>) {
        self.bytes = bytes
        values = extra.upperBound..<extra.upperBound
        var position = extra.lowerBound
        while position + 4 <= extra.upperBound,
            let id = bytes.number(at: position, as: UInt16.self),
            let size = bytes.number(at: position + 2, as: UInt16.self)
        {
            let end = position + 4 + Int(size)
            guard end <= extra.upperBound else { return }
            if id == 1 { values = position + 4..<end }
            position = end
        }
    }

    /// The value of a 32-bit field, from the 64-bit values when it is full.
    mutating func resolve(_ field: UInt32) -> Int? {
        guard field == .max else { return Int(field) }
        guard values.count >= 8, let value = bytes.number(at: values.lowerBound, as: UInt64.self)
        else { return nil }
        values = values.lowerBound + 8..<values.upperBound
        // Room for the sums that follow without overflow.
        return Int(exactly: value).flatMap { $0 < .max / 2 ? $0 : nil }
    }
}
