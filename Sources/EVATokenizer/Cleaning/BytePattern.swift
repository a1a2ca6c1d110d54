/// Short byte sequences to look for: the first of several alternatives that fits at a place.
struct BytePattern: Sendable {
    typealias ByteSet = [ClosedRange<UInt8>]

    /// For each alternative, the bytes allowed at each of its places.
    let alternatives: [[ByteSet]]

    /// Replaces all matches, from left to right, by what `replacement` makes of them.
    func replacingMatches(
        in bytes: [UInt8], with replacement: (ArraySlice<UInt8>) -> [UInt8]
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            if let length = matchLength(bytes[position...]) {
                result += replacement(bytes[position..<(position + length)])
                position += length
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return result
    }

    private func matchLength(_ bytes: ArraySlice<UInt8>) -> Int? {
        alternatives.first { places in
            places.count <= bytes.count
                && zip(places, bytes).allSatisfy { place, byte in
                    place.contains { $0.contains(byte) }
                }
        }?.count
    }
}
