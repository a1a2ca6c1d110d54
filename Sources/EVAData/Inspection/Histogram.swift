/// How often each whole number came; exact, in memory that the different numbers need.
package struct Histogram: Sendable {
    private var counts: [Int: Int] = [:]
    /// How many numbers came.
    package private(set) var count = 0
    private var sum = 0

    package init() {}

    mutating func add(_ value: Int) {
        counts[value, default: 0] += 1
        count += 1
        sum += value
    }

    /// The mean; 0 without numbers.
    package var mean: Double { count > 0 ? Double(sum) / Double(count) : 0 }

    /// How many numbers are above a bound.
    package func count(above bound: Int) -> Int {
        counts.reduce(0) { $0 + ($1.key > bound ? $1.value : 0) }
    }

    /// The smallest numbers that at least given shares of all do not exceed; 0 without numbers.
    ///
    /// - Parameter shares: Shares in 0 ... 1, ascending.
    package func quantiles(_ shares: [Double]) -> [Int] {
        let sorted = counts.sorted { $0.key < $1.key }
        var place = 0
        var seen = sorted.first?.value ?? 0
        return shares.map { share in
            let wanted = max(1, Int((share * Double(count)).rounded(.up)))
            while place + 1 < sorted.count, seen < wanted {
                place += 1
                seen += sorted[place].value
            }
            return sorted.isEmpty ? 0 : sorted[place].key
        }
    }
}
