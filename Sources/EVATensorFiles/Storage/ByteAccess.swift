// Checked reading of numbers out of bytes that cannot be trusted.
extension UnsafeRawBufferPointer {
    /// The little-endian number at a position; `nil` when it does not lie inside.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(
        at position: Int, as type: Number.Type = Number.self
    ) -> Number? {
        guard position >= 0, position <= count - MemoryLayout<Number>.size else { return nil }
        return Number(littleEndian: loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    /// The text at a range that lies inside; `nil` when it is no UTF-8.
    func text(in range: Range<Int>) -> String? {
        String(validating: self[range], as: UTF8.self)
    }

    /// Whether the bytes begin with others.
    func starts(with prefix: String) -> Bool {
        starts(with: prefix.utf8)
    }
}

extension [UInt8] {
    /// Appends a number in little-endian order.
    mutating func append(number: some FixedWidthInteger & BitwiseCopyable) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
