/// A hash of bytes that is the same in every process; `Hasher` is seeded anew in each.
enum StableHash {
    /// Hashes bytes that lie in memory, eight at a time.
    static func of(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        var hash = UInt64(bytes.count)
        let words = bytes.count / 8
        for index in 0..<words {
            let word = bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
            hash = SplitMix64.mix(hash ^ word)
        }
        var rest: UInt64 = 0
        for byte in bytes[(8 * words)...] { rest = rest << 8 | UInt64(byte) }
        return Int64(bitPattern: SplitMix64.mix(hash ^ rest))
    }

    /// Hashes text as UTF-8.
    static func of(_ text: String.UTF8View) -> Int64 {
        Array(text).withUnsafeBytes { of($0) }
    }
}
