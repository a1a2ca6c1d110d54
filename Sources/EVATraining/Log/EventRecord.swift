/// One event of TensorBoard, as the protocol buffer `Event` of TensorFlow's event.proto.
package struct EventRecord: Sendable {
    /// What happened.
    package enum Content: Sendable {
        /// The first event of every file.
        case fileVersion
        /// A run starts, or starts again: what other files have from this step on is void.
        case start
        /// Figures by their tags.
        case scalars([(tag: String, value: Double)])
    }

    private let wallTime: Double
    private let step: Int
    private let content: Content

    /// - Parameter wallTime: Seconds since 1970.
    package init(wallTime: Double, step: Int, content: Content) {
        self.wallTime = wallTime
        self.step = step
        self.content = content
    }

    /// The event as a record of a file: length, checksum, message, checksum.
    package var framed: [UInt8] {
        let message = message
        let length = Self.littleEndian(UInt64(message.count))
        return length + Self.littleEndian(CRC32C.masked(length)) + message
            + Self.littleEndian(CRC32C.masked(message))
    }

    private var message: [UInt8] {
        var bytes = Self.key(1, .fixed64) + Self.littleEndian(wallTime.bitPattern)
        if step != 0 { bytes += Self.key(2, .varint) + Self.varint(UInt64(step)) }
        switch content {
        case .fileVersion: bytes += Self.field(3, Array("brain.Event:2".utf8))
        case .start: bytes += Self.field(7, Self.key(1, .varint) + Self.varint(1))
        case .scalars(let scalars):
            let summary = scalars.flatMap { scalar in
                Self.field(
                    1,
                    Self.field(1, Array(scalar.tag.utf8)) + Self.key(2, .fixed32)
                        + Self.littleEndian(Float(scalar.value).bitPattern))
            }
            bytes += Self.field(5, summary)
        }
        return bytes
    }

    // MARK: Protocol buffers

    private enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    private static func key(_ number: UInt8, _ type: WireType) -> [UInt8] {
        [number << 3 | type.rawValue]
    }

    private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        key(number, .bytes) + varint(UInt64(content.count)) + content
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
