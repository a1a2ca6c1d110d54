internal import CEmbeddedData

/// The lines of an embedded text.
struct DataLines: Sequence, IteratorProtocol {
    private var rest: Slice<UnsafeBufferPointer<UInt8>>

    init(_ text: eva_embedded_text) {
        rest = UnsafeBufferPointer(start: text.bytes, count: text.length)[...]
    }

    mutating func next() -> String? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
