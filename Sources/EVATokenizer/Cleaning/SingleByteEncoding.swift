/// An encoding of one byte a character, ASCII in its lower half.
struct SingleByteEncoding: Sendable {
    private let upperHalf: [UInt16]
    private let bytes: [Unicode.Scalar: UInt8]
    /// Whether U+FFFD, which stands for a byte that was lost, is written as `lostByte`.
    let writesReplacements: Bool

    /// The byte, SUBSTITUTE, that is written for U+FFFD.
    ///
    /// Text that holds this very character can then not be written at all.
    static let lostByte: UInt8 = 0x1A

    /// - Parameters:
    ///   - upperHalf: The characters of the bytes 0x80 to 0xFF.
    ///   - writesReplacements: Whether U+FFFD is written as `lostByte`.
    init(upperHalf: [UInt16], writesReplacements: Bool = false) {
        self.upperHalf = upperHalf
        self.writesReplacements = writesReplacements
        var bytes: [Unicode.Scalar: UInt8] = [:]
        for (index, value) in upperHalf.enumerated() {
            bytes[Unicode.Scalar(value) ?? "\u{FFFD}"] = UInt8(0x80 + index)
        }
        if writesReplacements {
            bytes["\u{FFFD}"] = Self.lostByte
        }
        self.bytes = bytes
    }

    /// ISO 8859-1, whose characters are Unicode's first 256.
    static let latin1 = SingleByteEncoding(upperHalf: Array(0x80...0xFF))

    func decoded(_ byte: UInt8) -> Unicode.Scalar {
        byte < 0x80
            ? Unicode.Scalar(byte) : Unicode.Scalar(upperHalf[Int(byte) - 0x80]) ?? "\u{FFFD}"
    }

    /// The bytes of a text, or nil if some of its characters have none.
    func encoded(_ text: [Unicode.Scalar]) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for scalar in text {
            if scalar.isASCII, !writesReplacements || scalar.value != UInt32(Self.lostByte) {
                result.append(UInt8(scalar.value))
            } else if let byte = bytes[scalar] {
                result.append(byte)
            } else {
                return nil
            }
        }
        return result
    }
}
