/// Writes a ZIP archive of stored entries, with 64-bit records where sizes need them.
struct ZipWriter {
    private let output: FileOutput
    private var directory: [UInt8] = []
    private var entryCount = 0

    init(_ output: FileOutput) {
        self.output = output
    }

    /// Adds an entry whose bytes begin at a multiple of an alignment, as a mapping needs.
    mutating func add(_ name: String, _ tensor: HostTensor, alignment: Int = 64) throws {
        try tensor.withUnsafeBytes { bytes in
            try add(name, size: bytes.count, crc: CRC32.checksum(of: bytes), alignment: alignment)
        }
        try output.write(tensor)
    }

    /// Adds a small entry.
    mutating func add(_ name: String, _ bytes: [UInt8]) throws {
        let crc = bytes.withUnsafeBytes { CRC32.checksum(of: $0) }
        try add(name, size: bytes.count, crc: crc, alignment: 1)
        try output.write(bytes)
    }

    /// Writes the directory, which ends the archive.
    mutating func finish() throws {
        let start = output.count
        try output.write(directory)
        var end: [UInt8] = []
        if entryCount >= 0xFFFF || start + directory.count >= 0xFFFF_FFFF {
            let record = output.count
            end.append(number: UInt32(0x0606_4B50))
            end.append(number: UInt64(44))
            end.append(number: UInt16(45))
            end.append(number: UInt16(45))
            end.append(number: UInt64(0))
            end.append(number: UInt64(entryCount))
            end.append(number: UInt64(entryCount))
            end.append(number: UInt64(directory.count))
            end.append(number: UInt64(start))
            end.append(number: UInt32(0x0706_4B50))
            end.append(number: UInt32(0))
            end.append(number: UInt64(record))
            end.append(number: UInt32(1))
        }
        end.append(number: UInt32(0x0605_4B50))
        end.append(number: UInt32(0))
        end.append(number: UInt16(clamping: entryCount))
        end.append(number: UInt16(clamping: entryCount))
        end.append(number: UInt32(clamping: directory.count))
        end.append(number: UInt32(clamping: start))
        end.append(number: UInt16(0))
        try output.write(end)
    }

    /// Writes an entry's header and notes it for the directory; its bytes must follow.
    private mutating func add(_ name: String, size: Int, crc: UInt32, alignment: Int) throws {
        let start = output.count
        let isWide = size >= 0xFFFF_FFFF
        var wide: [UInt8] = []
        if isWide {
            wide = Self.extra(id: 1, [size, size])
        }
        // The padding is an extra field under the number that PyTorch uses for the same purpose.
        let unpadded = start + 30 + name.utf8.count + wide.count + 4
        let padding = (alignment - unpadded % alignment) % alignment
        var extra = wide
        if alignment > 1 {
            extra.append(number: UInt16(0x4246))
            extra.append(number: UInt16(padding))
            extra += [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
        }
        var header: [UInt8] = []
        header.append(number: UInt32(0x0403_4B50))
        header += Self.common(size: isWide ? nil : size, crc: crc)
        header.append(number: UInt16(name.utf8.count))
        header.append(number: UInt16(extra.count))
        header += Array(name.utf8) + extra
        try output.write(header)

        var record = isWide ? [size, size] : []
        if start >= 0xFFFF_FFFF { record.append(start) }
        let directoryExtra = record.isEmpty ? [] : Self.extra(id: 1, record)
        directory.append(number: UInt32(0x0201_4B50))
        directory.append(number: UInt16(45))
        directory += Self.common(size: isWide ? nil : size, crc: crc)
        directory.append(number: UInt16(name.utf8.count))
        directory.append(number: UInt16(directoryExtra.count))
        directory += [UInt8](repeating: 0, count: 10)
        directory.append(number: UInt32(clamping: start))
        directory += Array(name.utf8) + directoryExtra
        entryCount += 1
    }

    /// The fields from the needed version to the sizes, which headers and directory share.
    private static func common(size: Int?, crc: UInt32) -> [UInt8] {
        var fields: [UInt8] = []
        fields.append(number: UInt16(45))
        fields.append(number: UInt16(0x0800))  // Names are UTF-8.
        fields.append(number: UInt16(0))  // Stored.
        fields.append(number: UInt16(0))
        fields.append(number: UInt16(0x0021))  // 1 January 1980: the same bytes each time.
        fields.append(number: crc)
        fields.append(number: size.map(UInt32.init) ?? .max)
        fields.append(number: size.map(UInt32.init) ?? .max)
        return fields
    }

    private static func extra(id: UInt16, _ values: [Int]) -> [UInt8] {
        var field: [UInt8] = []
        field.append(number: id)
        field.append(number: UInt16(8 * values.count))
        for value in values { field.append(number: UInt64(value)) }
        return field
    }
}
