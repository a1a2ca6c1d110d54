import Foundation
import Testing

@testable import EVATokenizer

@Suite("Kinds of characters")
struct ScalarKindTests {
    @Test("are those of Python's regex, at the ends of every range and between")
    func kinds() throws {
        let url = try #require(
            Bundle.module.url(
                forResource: "scalar_kinds", withExtension: "txt", subdirectory: "Fixtures"))
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 5791)
        var wrong: [Substring] = []
        for line in lines {
            let fields = line.split(separator: " ")
            let scalar = try #require(UInt32(fields[0], radix: 16).flatMap(Unicode.Scalar.init))
            let kind =
                switch ScalarKind(scalar) {
                case .letter: "L"
                case .number: "N"
                case .other: "O"
                case .separator: "-"
                }
            if kind != fields[1] { wrong.append(line) }
        }
        #expect(wrong.isEmpty)
    }

    @Test("Letters of scripts that are younger than the Swift runtime have a lower case")
    func lowercase() {
        // U+10D50, a capital of Garay (Unicode 16), and U+16EA0, one of Beria Erfe (Unicode 17).
        #expect(
            Lowercase.lowercased(["\u{10D50}", "\u{16EA0}", "\u{130}", "A", "\u{1E9E}"])
                == ["\u{10D70}", "\u{16EBB}", "i", "\u{307}", "a", "\u{DF}"])
    }
}
