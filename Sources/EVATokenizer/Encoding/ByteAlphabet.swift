/// The way the vocabulary file writes bytes as visible characters.
///
/// Bytes that are printable in Latin-1 stand for themselves; the other 68, in rising order, are
/// written as U+0100 and what follows it. The ids of single bytes count the printable ones first.
struct ByteAlphabet {
    /// The bytes in the order of their ids.
    let orderedBytes: [UInt8]
    /// The id of each byte.
    let symbolOfByte: [Int32]

    init() {
        let printable = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF] as [ClosedRange<UInt8>]
        let others = (UInt8.min...UInt8.max).filter { byte in
            !printable.contains { $0.contains(byte) }
        }
        orderedBytes = printable.flatMap { Array($0) } + others
        var symbols = [Int32](repeating: 0, count: 256)
        for (id, byte) in orderedBytes.enumerated() {
            symbols[Int(byte)] = Int32(id)
        }
        symbolOfByte = symbols
    }

    /// The bytes of a symbol as the file writes it, or nil if it is empty or not well formed.
    func symbol(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (bytes: [UInt8], endsWord: Bool)? {
        let mark = Array("</w>".utf8)
        let endsWord = text.count > mark.count && text.suffix(mark.count).elementsEqual(mark)
        let letters = String(decoding: endsWord ? text.dropLast(mark.count) : text, as: UTF8.self)
        var bytes: [UInt8] = []
        for letter in letters.unicodeScalars {
            switch letter.value {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: bytes.append(UInt8(letter.value))
            case 0x100...0x143: bytes.append(orderedBytes[188 + Int(letter.value) - 0x100])
            default: return nil
            }
        }
        return bytes.isEmpty ? nil : (bytes, endsWord)
    }
}
