/// Composes pickles out of the few opcodes that tensors need.
struct PickleOutput {
    private(set) var bytes: [UInt8]
    private var rememberedCount = 0

    init(protocolVersion: UInt8) {
        bytes = [0x80, protocolVersion]
    }

    /// Hands out what was composed so far and begins anew.
    mutating func drain() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    mutating func opcode(_ character: Unicode.Scalar) {
        bytes.append(UInt8(ascii: character))
    }

    mutating func int(_ value: Int) {
        if let byte = UInt8(exactly: value) {
            opcode("K")
            bytes.append(byte)
        } else if let word = Int32(exactly: value) {
            opcode("J")
            bytes.append(number: word)
        } else {
            bytes += [0x8A, 8]
            bytes.append(number: Int64(value))
        }
    }

    mutating func bool(_ value: Bool) {
        bytes.append(value ? 0x88 : 0x89)
    }

    mutating func text(_ value: String) {
        opcode("X")
        bytes.append(number: UInt32(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    mutating func shortBytes(_ value: [UInt8]) {
        opcode("C")
        bytes.append(UInt8(value.count))
        bytes += value
    }

    mutating func global(module: String, name: String) {
        opcode("c")
        bytes.append(contentsOf: "\(module)\n\(name)\n".utf8)
    }

    /// Remembers the value on top of the stack and gives its number for `recall`.
    mutating func remember() -> Int {
        opcode("r")
        bytes.append(number: UInt32(rememberedCount))
        rememberedCount += 1
        return rememberedCount - 1
    }

    mutating func recall(_ index: Int) {
        opcode("j")
        bytes.append(number: UInt32(index))
    }

    /// A tuple of what a closure pushes.
    mutating func tuple(_ elements: (inout PickleOutput) -> Void) {
        opcode("(")
        elements(&self)
        opcode("t")
    }

    mutating func tuple(_ counts: [Int]) {
        guard !counts.isEmpty else { return opcode(")") }
        tuple { for count in counts { $0.int(count) } }
    }
}
