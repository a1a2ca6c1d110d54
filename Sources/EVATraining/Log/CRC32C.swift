/// The checksum of Castagnoli's polynomial (RFC 3720), masked as TensorFlow's record files have it.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78 }
        return value
    }

    /// The checksum itself.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }

    /// The checksum as records keep it, so that data that holds checksums does not look like one.
    static func masked(_ bytes: [UInt8]) -> UInt32 {
        let value = checksum(bytes)
        return (value >> 15 | value << 17) &+ 0xA282_EAD8
    }
}
