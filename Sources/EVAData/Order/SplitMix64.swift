/// A small random number generator whose numbers are the same on every machine and in every release.
///
/// SplitMix64 after Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014),
/// with the constants of the published finaliser. Any list of words can seed it, so the randomness
/// of a sample is a pure function of where the sample stands in a run.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private var state: UInt64

    /// Makes a generator from words that are hashed in order.
    ///
    /// - Parameter words: What tells this generator from all others, for instance seed and epoch.
    public init(hashing words: UInt64...) {
        state = words.reduce(0) { Self.mix(($0 &+ Self.increment) ^ $1) }
    }

    /// The next 64 random bits.
    ///
    /// - Returns: A number that is uniform over all values.
    public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mix(state)
    }

    /// A number in `0 ..< 1`, uniform in steps of 2 to the -24.
    package mutating func unit() -> Float {
        Float(next() >> 40) * 0x1p-24
    }

    /// A number in a range, uniform.
    package mutating func uniform(_ range: ClosedRange<Float>) -> Float {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    /// A whole number in `0 ..< bound`; `bound` is positive.
    package mutating func below(_ bound: Int) -> Int {
        // The high half of the product; the bias is below 2 to the -32 for any bound used here.
        Int(UInt64(bound).multipliedFullWidth(by: next()).high)
    }

    /// A bijection of 64-bit words in which every input bit reaches every output bit.
    package static func mix(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
