import Libz

/// The checksum of ZIP entries (ISO 3309, polynomial 0xEDB88320 reflected).
enum CRC32 {
    /// The checksum of some bytes.
    static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(
            truncatingIfNeeded: crc32_z(
                0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}
