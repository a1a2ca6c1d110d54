/// Symbols by their bytes: a hash table with open addressing, made for lookups in raw memory.
struct SymbolTable: Sendable {
    private struct Slot {
        var hash: UInt32 = 0
        /// Where the symbol's bytes lie in `bytes`.
        var start: UInt32 = 0
        /// Zero in a free slot.
        var length: UInt32 = 0
        var id: Int32 = 0
    }

    private var slots: [Slot]
    private var bytes: [UInt8] = []

    /// An empty table that keeps room between up to `capacity` symbols.
    init(capacity: Int) {
        var size = 2
        while size < 2 * capacity { size *= 2 }
        slots = Array(repeating: Slot(), count: size)
    }

    /// Adds a symbol, which must not be empty; one that is there already gets the new id.
    mutating func insert(_ symbol: [UInt8], id: Int32) {
        let (index, hash) = symbol.withUnsafeBufferPointer { find($0) }
        if slots[index].length == 0 {
            slots[index] = Slot(
                hash: hash, start: UInt32(bytes.count), length: UInt32(symbol.count), id: id)
            bytes.append(contentsOf: symbol)
        } else {
            slots[index].id = id
        }
    }

    subscript(symbol: [UInt8]) -> Int32? {
        symbol.withUnsafeBufferPointer { self[$0] }
    }

    subscript(symbol: UnsafeBufferPointer<UInt8>) -> Int32? {
        let slot = slots[find(symbol).index]
        return slot.length == 0 ? nil : slot.id
    }

    /// The slot that holds a symbol, or the free one where it belongs, and the symbol's hash.
    private func find(_ symbol: UnsafeBufferPointer<UInt8>) -> (index: Int, hash: UInt32) {
        // FNV-1a over 64 bits, folded: words are a few bytes long.
        var state = 0xCBF2_9CE4_8422_2325 as UInt64
        for byte in symbol {
            state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        let hash = UInt32(truncatingIfNeeded: state ^ (state >> 32))
        return slots.withUnsafeBufferPointer { slots in
            bytes.withUnsafeBufferPointer { bytes in
                let mask = slots.count - 1
                var index = Int(hash) & mask
                while slots[index].length != 0 {
                    let slot = slots[index]
                    if slot.hash == hash, Int(slot.length) == symbol.count,
                        bytes[Int(slot.start)..<Int(slot.start + slot.length)]
                            .elementsEqual(symbol)
                    {
                        break
                    }
                    index = (index + 1) & mask
                }
                return (index, hash)
            }
        }
    }
}
