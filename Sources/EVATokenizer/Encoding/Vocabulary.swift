internal import CEmbeddedData

/// The symbols of a byte-pair encoding and the merges between them.
///
/// Ids are given in this order: the 256 bytes, the same bytes at the end of a word, the result of
/// each merge, `startOfText`, `endOfText`.
final class Vocabulary: Sendable {
    /// The id of every byte inside a word; at the end of a word it is 256 more.
    let byteSymbols: [Int32]
    /// The symbols that reach to the end of a word.
    ///
    /// In the published vocabulary each of them is also the whole encoding of its own letters.
    let wordEnds: SymbolTable
    /// For every pair of symbols that may be joined, the result.
    let merges: MergeTable
    let startOfText: Int32
    let endOfText: Int32

    var count: Int { Int(endOfText) + 1 }

    static func published() throws(VocabularyError) -> Vocabulary {
        let text = eva_clip_merges()
        let merges = UnsafeBufferPointer(start: text.bytes, count: text.length)
        return try Vocabulary(merges: merges, count: 48_894)
    }

    /// Reads merges from text, one a line, the earliest being the first to apply: two symbols with
    /// a space between them, every byte written as the character of `ByteAlphabet`, and `</w>` at
    /// the end of a word.
    init(
        merges text: UnsafeBufferPointer<UInt8>, count: Int
    ) throws(VocabularyError) {
        let alphabet = ByteAlphabet()
        var insides = SymbolTable(capacity: 256 + count)
        var ends = SymbolTable(capacity: 256 + count)
        for (id, byte) in alphabet.orderedBytes.enumerated() {
            insides.insert([byte], id: Int32(id))
            ends.insert([byte], id: Int32(256 + id))
        }
        var merges = MergeTable(capacity: count)
        var id = Int32(512)
        var rest = text[...]
        while let lineEnd = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<lineEnd]
            rest = rest[(lineEnd + 1)...]
            guard
                let space = line.firstIndex(of: UInt8(ascii: " ")),
                let left = alphabet.symbol(line[..<space]), !left.endsWord,
                let right = alphabet.symbol(line[(space + 1)...]),
                let leftID = insides[left.bytes],
                let rightID = right.endsWord ? ends[right.bytes] : insides[right.bytes]
            else {
                throw VocabularyError(
                    description: "CLIP vocabulary, line \(id - 511): expected two known symbols "
                        + "and a space, got \"\(String(decoding: line, as: UTF8.self))\"")
            }
            if right.endsWord {
                ends.insert(left.bytes + right.bytes, id: id)
            } else {
                insides.insert(left.bytes + right.bytes, id: id)
            }
            merges.insert(left: leftID, right: rightID, result: id)
            id += 1
            if id > 512 + count { break }
        }
        guard rest.isEmpty, id == 512 + count else {
            throw VocabularyError(
                description: "CLIP vocabulary: expected \(count) lines, got \(id - 512)"
                    + (rest.isEmpty ? "" : " or more"))
        }
        byteSymbols = alphabet.symbolOfByte
        wordEnds = ends
        self.merges = merges
        startOfText = id
        endOfText = id + 1
    }
}
