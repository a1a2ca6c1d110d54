/// What two neighbouring symbols join to: a hash table with open addressing.
///
/// The result's id is also its rank, for merges are numbered in the order they apply.
struct MergeTable: Sendable {
    private struct Slot {
        var left: UInt16 = 0
        var right: UInt16 = 0
        /// Zero, which is a byte and so never a result, in a free slot.
        var result: Int32 = 0
    }

    private var slots: [Slot]
    private let shift: UInt32

    /// An empty table that keeps room between up to `capacity` pairs.
    init(capacity: Int) {
        var bits: UInt32 = 1
        while 1 << bits < 2 * capacity { bits += 1 }
        shift = 32 - bits
        slots = Array(repeating: Slot(), count: 1 << bits)
    }

    mutating func insert(left: Int32, right: Int32, result: Int32) {
        let index = find(UInt16(left), UInt16(right))
        slots[index] = Slot(left: UInt16(left), right: UInt16(right), result: result)
    }

    /// The symbol that two neighbours join to, or nil.
    subscript(left: Int32, right: Int32) -> Int32? {
        let result = slots[
            find(UInt16(truncatingIfNeeded: left), UInt16(truncatingIfNeeded: right))
        ].result
        return result == 0 ? nil : result
    }

    private func find(_ left: UInt16, _ right: UInt16) -> Int {
        // Fibonacci hashing: the high bits of a product with 2^32 divided by the golden ratio.
        let hash = (UInt32(left) << 16 | UInt32(right)) &* 0x9E37_79B9
        return slots.withUnsafeBufferPointer { slots in
            var index = Int(hash >> shift)
            while slots[index].result != 0,
                slots[index].left != left || slots[index].right != right
            {
                index = (index + 1) & (slots.count - 1)
            }
            return index
        }
    }
}
