extension UnsafeBufferPointer<UInt8> {
    /// The scalar that begins at a position of well-formed UTF-8, and its length in bytes.
    func scalar(at position: Int) -> (Unicode.Scalar, length: Int) {
        let lead = UInt32(self[position])
        let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        // The lead byte's own bits: 7, 5, 4 or 3 of them.
        var value = length == 1 ? lead : lead & (0x7F >> UInt32(length))
        for offset in 1..<length {
            value = value << 6 | UInt32(self[position + offset] & 0x3F)
        }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }
}
