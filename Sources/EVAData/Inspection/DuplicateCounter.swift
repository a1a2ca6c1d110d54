/// Counts how many things came before, by a hash of their content, in bounded memory.
///
/// All hashes are remembered up to a limit; beyond it only those that end in a zero bit, then in two,
/// and so on. The hashes being uniform, what is seen among them stands for the rest.
package struct DuplicateCounter: Sendable {
    private let limit: Int
    private var repeats: [Int64: Int] = [:]
    private var ignoredBits = 0

    /// - Parameter limit: The most hashes that are remembered.
    package init(limit: Int = 1 << 22) {
        self.limit = limit
    }

    /// Whether the count is an estimate from a part of the hashes.
    package var isEstimate: Bool { ignoredBits > 0 }

    /// How many came that had come before.
    package var duplicates: Int { repeats.values.reduce(0, +) << ignoredBits }

    package mutating func add(_ hash: Int64) {
        guard hash.trailingZeroBitCount >= ignoredBits else { return }
        if let known = repeats[hash] {
            repeats[hash] = known + 1
            return
        }
        repeats[hash] = 0
        while repeats.count > limit {
            ignoredBits += 1
            repeats = repeats.filter { $0.key.trailingZeroBitCount >= ignoredBits }
        }
    }
}
