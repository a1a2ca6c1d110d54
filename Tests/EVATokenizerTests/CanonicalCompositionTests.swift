import Testing

@testable import EVATokenizer

@Suite("Canonical composition")
struct CanonicalCompositionTests {
    private static func expectComposed(_ text: String, _ expected: String) {
        #expect(
            CanonicalComposition.composed(Array(text.unicodeScalars))
                == Array(expected.unicodeScalars))
    }

    @Test(
        "joins, orders and replaces as Unicode's normalization form C",
        arguments: [
            ("e\u{301}", "\u{E9}"),
            // Marks are put in order, then joined.
            ("e\u{302}\u{323}", "\u{1EC7}"),
            ("q\u{307}\u{323}", "q\u{323}\u{307}"),
            // A mark of the same class, or a letter, is in between.
            ("a\u{30A}\u{301}\u{300}", "\u{1FB}\u{300}"),
            ("a\u{305}\u{301}", "a\u{305}\u{301}"),
            ("\u{1100}x\u{1161}", "\u{1100}x\u{1161}"),
            // Singletons and pairs that stay apart.
            ("\u{212B}\u{2126}\u{37E}", "\u{C5}\u{3A9};"),
            ("\u{958}\u{344}", "\u{915}\u{93C}\u{308}\u{301}"),
            // Hangul.
            ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"),
            ("\u{AC00}\u{11A8}\u{11A8}", "\u{AC01}\u{11A8}"),
            ("\u{AC01}\u{11A8}\u{AC00}\u{11A7}", "\u{AC01}\u{11A8}\u{AC00}\u{11A7}"),
            // Another plane.
            ("\u{1D15E} \u{11131}\u{11127}", "\u{1D157}\u{1D165} \u{1112E}"),
            ("\u{301}e", "\u{301}e"),
        ])
    func composed(text: String, expected: String) {
        Self.expectComposed(text, expected)
    }

    /// A string equals another that is canonically equivalent, so that the standard library judges.
    @Test("keeps the meaning of every single character, and of any in composed form its spelling")
    func equivalent() {
        let scalars = (0x20...0x2FFFF).lazy.compactMap(Unicode.Scalar.init)
        let changed = scalars.filter { scalar in
            var view = String.UnicodeScalarView()
            view.append(contentsOf: CanonicalComposition.composed([scalar]))
            return String(view) != String(Character(scalar))
                || CanonicalComposition.composed(Array(view)) != Array(view)
        }
        #expect(Array(changed) == [])
    }
}
