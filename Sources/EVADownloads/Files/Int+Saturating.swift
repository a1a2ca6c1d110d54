// Sums and products of sizes that a server states: whatever it says, they do not overflow.
extension Int {
    /// The sum of two numbers that are not negative, or the largest integer.
    func saturating(plus other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }

    /// The product of two numbers that are not negative, or the largest integer.
    func saturating(times other: Int) -> Int {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }
}
