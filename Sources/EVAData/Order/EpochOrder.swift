/// The order in which one epoch visits the samples of a data set.
///
/// A pure function of seed, epoch and count that keeps no table: any place in the order is computed
/// alone, so a run resumes in mid-epoch at once and every rank knows the whole order.
///
/// The permutation is an unbalanced Feistel network over `rows x columns >= count` cells: each round
/// moves one coordinate by a keyed hash of the other. Places that land beyond `count` walk on until
/// they are inside (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002); since the grid
/// is hardly larger than the count, few do.
package struct EpochOrder: Sendable {
    private static let roundPairs = 4

    /// How many samples there are.
    package let count: Int
    private let rows: UInt64
    private let columns: UInt64
    private let keys: [UInt64]

    /// Describes the order of one epoch.
    ///
    /// - Parameters:
    ///   - count: How many samples there are.
    ///   - seed: The run's seed.
    ///   - epoch: The epoch, from 0.
    ///   - shuffled: `false` gives the order of the source in every epoch.
    package init(count: Int, seed: UInt64, epoch: Int, shuffled: Bool) {
        self.count = count
        let side = Double(count).squareRoot().rounded(.up)
        rows = max(UInt64(side), 1)
        columns = (UInt64(count) + rows - 1) / rows
        var generator = SplitMix64(hashing: seed, UInt64(epoch))
        keys = shuffled ? (0..<2 * Self.roundPairs).map { _ in generator.next() } : []
    }

    /// The sample at a place in the order.
    ///
    /// - Parameter position: A place in `0 ..< count`.
    package subscript(position: Int) -> Int {
        guard position >= 0, position < count else {
            fatalError("EpochOrder: position \(position) is not in 0 ..< \(count)")
        }
        guard !keys.isEmpty else { return position }
        var cell = UInt64(position)
        repeat { cell = permuted(cell) } while cell >= UInt64(count)
        return Int(cell)
    }

    /// The place whose sample is tried when the samples of earlier tries cannot be read.
    ///
    /// First the place itself, then half an epoch on and the places after that: so far that a
    /// stand-in hardly ever meets itself in one batch. Only the order is asked, never what was read
    /// before, so the choice is the same for any number of threads and after a resume.
    ///
    /// - Parameters:
    ///   - place: The place to fill.
    ///   - attempt: The try, in `0 ..< count`; each leads to another place.
    package func place(for place: Int, attempt: Int) -> Int {
        guard attempt > 0 else { return place }
        let distance = 1 + (count / 2 + attempt - 2) % (count - 1)
        return (place + distance) % count
    }

    private func permuted(_ cell: UInt64) -> UInt64 {
        var (row, column) = cell.quotientAndRemainder(dividingBy: columns)
        for round in 0..<Self.roundPairs {
            row = (row + Self.shift(by: column, key: keys[2 * round], below: rows)) % rows
            column =
                (column + Self.shift(by: row, key: keys[2 * round + 1], below: columns)) % columns
        }
        return row * columns + column
    }

    private static func shift(by other: UInt64, key: UInt64, below bound: UInt64) -> UInt64 {
        SplitMix64.mix(other ^ key).multipliedFullWidth(by: bound).high
    }
}
