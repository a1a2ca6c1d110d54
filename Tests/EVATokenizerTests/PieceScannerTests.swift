import Testing

@testable import EVATokenizer

@Suite("The split into pieces")
struct PieceScannerTests {
    private static func pieces(_ text: String) -> [String] {
        var text = text
        return text.withUTF8 { bytes in
            var scanner = PieceScanner(bytes)
            var pieces: [String] = []
            while let piece = scanner.next() {
                switch piece {
                case .word(let word): pieces.append(String(decoding: word, as: UTF8.self))
                case .startOfText: pieces.append("START")
                case .endOfText: pieces.append("END")
                }
            }
            return pieces
        }
    }

    @Test(
        "takes letters together, numbers one by one, and the rest in runs",
        arguments: [
            ("", []), (" \n", []), ("a cat", ["a", "cat"]), ("b2b 42", ["b", "2", "b", "4", "2"]),
            ("...?! (x)", ["...?!", "(", "x", ")"]),
            ("\u{E9}t\u{E9} \u{65E5}\u{672C}", ["\u{E9}t\u{E9}", "\u{65E5}\u{672C}"]),
            ("\u{BD}\u{2167}\u{662}", ["\u{BD}", "\u{2167}", "\u{662}"]),
            ("e\u{301}a", ["e", "\u{301}", "a"]),
            ("\u{1F600}\u{1F3FD}!", ["\u{1F600}\u{1F3FD}!"]),
        ] as [(String, [String])])
    func runs(text: String, expected: [String]) {
        #expect(Self.pieces(text) == expected)
    }

    @Test(
        "takes contractions only where a piece begins",
        arguments: [
            ("it's i'll we've", ["it", "'s", "i", "'ll", "we", "'ve"]),
            ("'tis 'x ''s", ["'t", "is", "'", "x", "''", "s"]),
            ("they're i'd'm", ["they", "'re", "i", "'d", "'m"]),
            ("it'\u{17F}o", ["it", "'\u{17F}", "o"]),
        ] as [(String, [String])])
    func contractions(text: String, expected: [String]) {
        #expect(Self.pieces(text) == expected)
    }

    @Test(
        "takes special tokens only where a piece begins",
        arguments: [
            ("<start_of_text>a<end_of_text>", ["START", "a", "END"]),
            ("<end_of_text", ["<", "end", "_", "of", "_", "text"]),
            ("!<end_of_text>", ["!<", "end", "_", "of", "_", "text", ">"]),
            ("<\u{17F}tart_of_text>", ["<\u{17F}tart_of_text>"]),
        ] as [(String, [String])])
    func specials(text: String, expected: [String]) {
        #expect(Self.pieces(text) == expected)
    }

    @Test("passes over the combining iota as the reference's regular expressions do")
    func combiningIota() {
        #expect(Self.pieces("!\u{345}!") == ["!", "!"])
    }
}
