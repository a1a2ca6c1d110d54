/// Draws whose results are fixed by the generator's words alone. The standard library's own may
/// change with its version, and an augmentation must not.
extension RandomNumberGenerator {
    /// A number with 53 random bits between the bounds.
    mutating func uniform(in range: ClosedRange<Double>) -> Double {
        let fraction = Double(next() >> 11) * 0x1p-53
        return range.lowerBound + (range.upperBound - range.lowerBound) * fraction
    }

    /// A whole number from 0 to `bound`, both included.
    mutating func integer(upTo bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound) + 1).high)
    }
}
