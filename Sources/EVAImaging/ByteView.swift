/// Numbers and names in bytes that nobody vouches for: every read outside of them is nil.
struct ByteView {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var count: Int { bytes.count }

    func byte(at offset: Int) -> UInt8? {
        offset >= 0 && offset < bytes.count ? bytes[offset] : nil
    }

    /// An unsigned number of `size` bytes, at most 4.
    func number(at offset: Int, size: Int, bigEndian: Bool) -> Int? {
        guard offset >= 0, offset <= bytes.count - size else { return nil }
        var value = 0
        for index in 0..<size {
            value = value << 8 | Int(bytes[offset + (bigEndian ? index : size - 1 - index)])
        }
        return value
    }

    func matches(_ expected: some Collection<UInt8>, at offset: Int) -> Bool {
        guard offset >= 0, offset <= bytes.count - expected.count else { return false }
        return bytes[offset..<offset + expected.count].elementsEqual(expected)
    }

    func matches(_ expected: String, at offset: Int) -> Bool {
        matches(Array(expected.utf8), at: offset)
    }
}
