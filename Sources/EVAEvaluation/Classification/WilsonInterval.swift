/// The 95 % interval of a share that was counted.
///
/// Wilson's (J. Am. Stat. Assoc. 22, 1927), which stays inside 0 ... 1 and does not shrink to a point when all or none were right.
public struct WilsonInterval: Sendable, Equatable {
    /// The lower bound of the share, from 0 to 1.
    public let lower: Double
    /// The upper bound of the share, from 0 to 1.
    public let upper: Double

    /// The quantile of the normal distribution that leaves 2.5 % on either side.
    private static let z = 1.959963984540054

    /// The interval for `successes` out of `trials`; from 0 to 1 when there are no trials.
    ///
    /// - Parameters:
    ///   - successes: How many were right, in `0 ... trials`.
    ///   - trials: How many there were.
    public init(successes: Int, trials: Int) {
        guard trials > 0 else {
            (lower, upper) = (0, 1)
            return
        }
        let n = Double(trials)
        let share = Double(successes) / n
        let z2 = Self.z * Self.z / n
        let middle = (share + z2 / 2) / (1 + z2)
        let half = Self.z / (1 + z2) * (share * (1 - share) / n + z2 / (4 * n)).squareRoot()
        // Rounding must not move the ends past what was counted.
        lower = max(0, min(share, middle - half))
        upper = min(1, max(share, middle + half))
    }
}
