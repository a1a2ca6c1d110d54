import CEmbeddedData
import Testing

@testable import EVATokenizer

@Suite("The embedded data")
struct EmbeddedDataTests {
    /// FNV-1a over 64 bits, enough to notice any accident.
    private static func checksum(_ text: eva_embedded_text) -> UInt64 {
        UnsafeBufferPointer(start: text.bytes, count: text.length)
            .reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    @Test("holds CLIP's merges as published")
    func merges() {
        let text = eva_clip_merges()
        let lines = Array(DataLines(text))
        #expect(lines.count == 48_894)
        #expect(lines.first == "i n")
        #expect(lines.last == "jeky ll</w>")
        #expect(text.length == 524_605)
        #expect(Self.checksum(text) == 0x84DD_D99C_C594_E5A6)
    }

    @Test("holds all of HTML's named character references")
    func entities() {
        let text = eva_html5_entities()
        let lines = Array(DataLines(text))
        #expect(lines.count == 2231)
        #expect(lines.first == "AElig 00C6")
        #expect(lines.last == "zwnj; 200C")
        #expect(Self.checksum(text) == 0xC821_51E0_E820_98A8)
    }

    @Test("holds Unicode's canonical decompositions")
    func decompositions() {
        let text = eva_canonical_decompositions()
        let lines = Array(DataLines(text))
        #expect(lines.count == 2081)
        #expect(lines.first == "00C0 0041 0300")
        #expect(Self.checksum(text) == 0xE9E0_4F8F_7DAF_59A5)
    }

    @Test("holds the properties of Unicode 18.0's characters")
    func properties() {
        let text = eva_unicode_properties()
        let lines = Array(DataLines(text))
        #expect(lines.count == 3475)
        #expect(lines.first == "letter 0041 005A")
        #expect(Self.checksum(text) == 0x3A1C_A1B5_58D2_9216)
    }
}
