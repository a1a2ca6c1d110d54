import Testing

@testable import EVATokenizer

@Suite("Text cleaning")
struct TextCleanerTests {
    private static func cleaned(_ text: String) -> String {
        var text = text
        return text.withUTF8 { String(decoding: TextCleaner.cleaned($0), as: UTF8.self) }
    }

    /// Equality of scalars, for strings are equal to other ways of writing them.
    private static func expectCleaned(
        _ text: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            Array(cleaned(text).unicodeScalars) == Array(expected.unicodeScalars),
            sourceLocation: sourceLocation)
    }

    @Test(
        "undoes mojibake of one and more layers",
        arguments: [
            ("sch\u{C3}\u{B6}n", "sch\u{F6}n"),
            ("it\u{E2}\u{20AC}\u{2122}s", "it's"),
            ("\u{C3}\u{192}\u{C2}\u{A9}t\u{C3}\u{192}\u{C2}\u{A9}", "\u{E9}t\u{E9}"),
            ("\u{F0}\u{178}\u{2DC}\u{20AC}", "\u{1F600}"),
            ("\u{D0}\u{BF}\u{D1}\u{80}\u{D0}\u{B8}", "\u{43F}\u{440}\u{438}"),
            ("\u{221A}\u{A9}t\u{221A}\u{A9}", "\u{E9}t\u{E9}"),
            ("\u{251C}\u{2310}", "\u{E9}"),
        ])
    func mojibake(text: String, expected: String) {
        Self.expectCleaned(text, expected)
    }

    @Test(
        "leaves text that only resembles mojibake",
        arguments: ["\u{E4}\u{F6}\u{FC}", "caf\u{E9} \u{A3}5", "\u{445}\u{43E}\u{440}\u{43E}"])
    func noMojibake(text: String) {
        Self.expectCleaned(text, text)
    }

    @Test("puts back no-break spaces that became spaces")
    func restoredSpaces() {
        Self.expectCleaned("voil\u{C3} le travail", "voil\u{E0} le travail")
        Self.expectCleaned("\u{C3} la mode", "\u{E0} la mode")
        Self.expectCleaned("\u{C3} quele tempo", "\u{E0}quele tempo")
    }

    @Test("writes one replacement character for a sequence that lost bytes")
    func lostBytes() {
        Self.expectCleaned("\u{E2}\u{20AC}\u{153}quoted\u{E2}\u{20AC}\u{FFFD}", "\"quoted\u{FFFD}")
    }

    @Test("reads UTF-8 of surrogate pairs, and joins lines where the reference does")
    func variants() {
        Self.expectCleaned("\u{ED}\u{A0}\u{BD}\u{ED}\u{B8}\u{80}!", "\u{1F600}!")
        Self.expectCleaned("\u{C3}\u{A9}\u{C0}\u{80}x", "\u{E9}x")
        Self.expectCleaned("\u{C3}\u{A9}t\u{C3}\u{A9} \u{C0}\nnext", "\u{E9}t\u{E9} next")
    }

    @Test("repairs the parts of a text that is sound elsewhere")
    func inconsistent() {
        Self.expectCleaned(
            "all \u{2014} \u{C3}\u{A9} \u{65E5}\u{672C}", "all \u{2014} \u{E9} \u{65E5}\u{672C}")
    }

    @Test(
        "replaces character references as browsers do",
        arguments: [
            ("&amp;amp; &amp;#39;", "& '"),
            (
                "&amp &notit; &notin; &CounterClockwiseContourIntegral;",
                "& \u{AC}it; \u{2209} \u{2233}"
            ),
            ("&#128; &#x80; &#65 &#x41;", "\u{20AC} \u{20AC} a a"),
            (
                "&#0; &#xD800; &#x110000; &#99999999999999999999;",
                "\u{FFFD} \u{FFFD} \u{FFFD} \u{FFFD}"
            ),
            ("a&#1;b &#xFDD0; &#x1FFFE;c", "ab c"),
            ("&#59; &#; &#x; & &x &unknown;", "; &#; &#x; & &x &unknown;"),
            ("&nGg;", "\u{22D9}\u{338}"),
        ])
    func references(text: String, expected: String) {
        Self.expectCleaned(text, expected)
    }

    // A walk through the text for each layer took minutes.
    @Test(
        "takes time by the length of a text, however deep references are nested",
        .timeLimit(.minutes(1)),
        arguments: [
            ("&" + String(repeating: "amp;", count: 40_000) + "lt;b", "<b"),
            ("&" + String(repeating: "#38;", count: 20_000) + "x", "&x"),
            (String(repeating: "&semi", count: 20_000) + ";", ";"),
            (
                "\u{E9} &" + String(repeating: "AMP;amp;#x26;", count: 9000) + "eacute;",
                "\u{E9} \u{E9}"
            ),
            (
                String(repeating: "\u{C3}\u{A9} ", count: 3000),
                String(repeating: "\u{E9} ", count: 3000).dropLast().description
            ),
        ])
    func nested(text: String, expected: String) {
        Self.expectCleaned(text, expected)
    }

    @Test("replaces nested references all at once as it does layer by layer")
    func layers() {
        let pieces = ["&", "amp", "semi", ";", "#38", "#59", "lt", "AMP", " ", "EACUTE", "#x26"]
        for seed in 0..<400 {
            var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
            var text: [Unicode.Scalar] = []
            for _ in 0..<24 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count].unicodeScalars
            }
            var layered = text
            while case let next = CharacterReferences.unambiguousReplaced(in: layered),
                next != layered
            {
                layered = next
            }
            #expect(CharacterReferences.unambiguousReplacedThroughout(in: text) == layered)
        }
    }

    @Test("knows names in capitals except in markup, which begins with the first angle bracket")
    func capitals() {
        Self.expectCleaned("P&EACUTE;REZ &SZLIG;", "p\u{E9}rez ss")
        Self.expectCleaned("P&EACUTE;REZ <i>", "p&eacute;rez <i>")
        Self.expectCleaned("&EACUTE;\n<i>\n&EACUTE;", "\u{E9} <i> &eacute;")
    }

    @Test(
        "makes look-alikes usual and removes what does not show",
        arguments: [
            ("\u{201C}it\u{2019}s\u{201D}", "\"it's\""),
            ("\u{FB01}ne \u{FB05} \u{149} \u{1C4}", "fine \u{17F}t 'n d\u{17E}"),
            ("\u{FF21}\u{FF11}\u{3000}\u{FF8A}\u{FF9F} \u{FFE3}", "a1 \u{30D1} \u{304}"),
            ("\u{1B}[1;31mred\u{1B}[0m \u{1B}[x \u{1B}[", "red ["),
            ("\u{FEFF}a\u{0}b\u{7F}c\u{206A}\u{FFF9}", "abc"),
            ("a\u{85}b\u{9D}", "a\u{2026}b\u{9D}"),
            ("a\u{2028}b\r\nc\u{1C}d\u{A0}e", "a b cd e"),
        ])
    func characters(text: String, expected: String) {
        Self.expectCleaned(text, expected)
    }

    @Test("lowers the final sigma and the dotted capital I as Python does")
    func lowercase() {
        Self.expectCleaned(
            "\u{391}\u{3A3}. \u{3A3} \u{3A3}\u{391} \u{391}\u{AD}\u{3A3}",
            "\u{3B1}\u{3C2}. \u{3C3} \u{3C3}\u{3B1} \u{3B1}\u{AD}\u{3C2}")
        Self.expectCleaned("\u{130}x", "i\u{307}x")
    }

    @Test("knows plain text, which needs only lower case")
    func plain() {
        func lowercased(_ text: String) -> String? {
            var text = text
            return text.withUTF8 { bytes in
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { cleaned in
                    PlainText.lowercase(bytes, into: cleaned)
                        ? String(decoding: cleaned, as: UTF8.self) : nil
                }
            }
        }
        #expect(lowercased("A Photo,\n<b>@Z[`{~") == "a photo,\n<b>@z[`{~")
        for text in ["&", "\u{0}", "\u{B}", "\u{1B}[0m", "\u{1F}", "\u{7F}", "\u{80}", "\u{E9}"] {
            #expect(lowercased("a" + text) == nil)
        }
    }
}
