import CEmbeddedData
import Testing

@testable import EVATokenizer

@Suite("The vocabulary and its merges")
struct VocabularyTests {
    private static func vocabulary(_ merges: String, count: Int) throws -> Vocabulary {
        try Array(merges.utf8).withUnsafeBufferPointer { try Vocabulary(merges: $0, count: count) }
    }

    private static func tokens(_ word: String, _ vocabulary: Vocabulary) -> [Int32] {
        var tokens: [Int32] = []
        var encoder = WordEncoder(vocabulary: vocabulary)
        Array(word.utf8).withUnsafeBufferPointer { encoder.encode($0, into: &tokens) }
        return tokens
    }

    /// The definition: the best pair of all is joined everywhere from the left, again and again.
    private static func tokensByDefinition(_ word: [UInt8], _ vocabulary: Vocabulary) -> [Int32] {
        var symbols = word.map { vocabulary.byteSymbols[Int($0)] }
        symbols[symbols.count - 1] += 256
        while true {
            let results = zip(symbols, symbols.dropFirst()).compactMap { vocabulary.merges[$0, $1] }
            guard let best = results.min() else { return symbols }
            var joined: [Int32] = []
            var index = 0
            while index < symbols.count {
                if index + 1 < symbols.count,
                    vocabulary.merges[symbols[index], symbols[index + 1]] == best
                {
                    joined.append(best)
                    index += 2
                } else {
                    joined.append(symbols[index])
                    index += 1
                }
            }
            symbols = joined
        }
    }

    @Test("numbers bytes, bytes at the end of words, merges and special tokens in this order")
    func numbering() throws {
        let vocabulary = try Self.vocabulary("a b\nab c</w>\n", count: 2)
        #expect(Self.tokens("!", vocabulary) == [256])
        #expect(Self.tokens("!~", vocabulary) == [0, 93 + 256])
        #expect(Self.tokens("\u{0}", vocabulary) == [188 + 256])
        #expect(Self.tokens("abab", vocabulary) == [512, 64, 65 + 256])
        #expect(Self.tokens("abc", vocabulary) == [513])
        #expect(vocabulary.startOfText == 514)
        #expect(vocabulary.endOfText == 515)
        #expect(vocabulary.count == 516)
    }

    @Test("joins runs of one letter from the left")
    func runs() throws {
        let vocabulary = try Self.vocabulary("a a\naa aa\n", count: 2)
        #expect(Self.tokens("aaaaaaa!", vocabulary) == [513, 512, 64, 256])
    }

    @Test("joins the pairs of random words in the order that defines the encoding")
    func definition() throws {
        let vocabulary = try Vocabulary.published()
        var state = 7 as UInt64
        func random(below limit: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % limit
        }
        var encoder = WordEncoder(vocabulary: vocabulary)
        for _ in 0..<400 {
            let alphabet = random(below: 2) == 0 ? 5 : 26 as UInt64
            let letters = (0...random(below: 24)).map { _ in UInt8(97 + random(below: alphabet)) }
            var tokens: [Int32] = []
            letters.withUnsafeBufferPointer { encoder.encode($0, into: &tokens) }
            #expect(tokens == Self.tokensByDefinition(letters, vocabulary))
        }
    }

    @Test("Every symbol at a word's end encodes its own letters, as the short cut for them assumes")
    func wholeWords() throws {
        let vocabulary = try Vocabulary.published()
        let alphabet = ByteAlphabet()
        var words = 0
        for (index, line) in DataLines(eva_clip_merges()).enumerated() where line.hasSuffix("</w>")
        {
            let written = line.filter { $0 != " " }
            let symbol = try Array(written.utf8).withUnsafeBufferPointer {
                try #require(alphabet.symbol($0[...]))
            }
            guard symbol.bytes.count < 6 else { continue }
            words += 1
            #expect(Self.tokensByDefinition(symbol.bytes, vocabulary) == [Int32(512 + index)])
        }
        #expect(words > 10_000)
    }

    @Test(
        "says which line of a damaged vocabulary is wrong",
        arguments: [
            ("a b\nab\n", "line 2: expected two known symbols and a space, got \"ab\""),
            ("a b\nab cd\n", "line 2: expected two known symbols and a space, got \"ab cd\""),
            ("a b</w>\nab</w> c\n", "line 2"), ("a \u{20AC}\n", "line 1"), ("a \n", "line 1"),
            ("\n", "line 1"), (" b\n", "line 1"), ("a b\n", "expected 2 lines, got 1"),
            ("", "expected 2 lines, got 0"), ("a b\nc d", "expected 2 lines, got 1"),
            ("a b\nc d\ne f\n", "expected 2 lines, got 3"),
        ])
    func damaged(merges: String, message: String) {
        let error = #expect(throws: VocabularyError.self) {
            try Self.vocabulary(merges, count: 2)
        }
        #expect(error?.description.hasPrefix("CLIP vocabulary") == true)
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
