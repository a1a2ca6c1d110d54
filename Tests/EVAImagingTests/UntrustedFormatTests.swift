import EVAImaging
import Testing

/// GIF, TIFF, AVIF, JPEG 2000 and portable maps that somebody made up.
@Suite("Pictures from strangers")
struct UntrustedFormatTests {
    private func error(_ bytes: [UInt8], name: String = "picture") throws -> ImageError {
        try #require(throws: ImageError.self) { try ImageDecoder.decode(bytes, name: name) }
    }

    /// A TIFF of tags and no pixels to speak of, as (tag, type, value).
    private func tiff(_ entries: [(tag: UInt16, type: UInt8, value: UInt32)]) -> [UInt8] {
        func little(_ value: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
        }
        var bytes: [UInt8] = Array("II*\0".utf8) + [8, 0, 0, 0] + little(UInt32(entries.count), 2)
        for entry in entries {
            bytes += little(UInt32(entry.tag), 2) + [entry.type, 0, 1, 0, 0, 0]
            bytes += little(entry.value, 4)
        }
        return bytes + [UInt8](repeating: 0, count: 64)
    }

    private func tiff(
        width: UInt32, height: UInt32, more: [(tag: UInt16, type: UInt8, value: UInt32)] = []
    ) -> [UInt8] {
        let common: [(tag: UInt16, type: UInt8, value: UInt32)] = [
            (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8),
            (277, 3, 1), (278, 4, height), (279, 4, 16),
        ]
        let replaced = Set(more.map(\.tag))
        return tiff(
            (common.filter { !replaced.contains($0.tag) } + more).sorted { $0.tag < $1.tag })
    }

    @Test("A bomb of any format is refused by its header, before memory is asked for")
    func bombs() throws {
        var gif = try Fixture.content("gif_palette.gif")
        gif.replaceSubrange(6..<10, with: [0xff, 0xff, 0xff, 0xff])
        #expect(try error(gif).message.hasPrefix("GIF of 65535 x 65535 pixels; at most"))
        #expect(try error(tiff(width: 70_000, height: 70_000)).code == .tooLarge)
        _ = try error(tiff(width: .max, height: .max))
        var avif = try Fixture.content("avif_420.avif")
        let size = try #require(
            avif.indices.dropLast(16).first { Array(avif[$0..<$0 + 4]) == Array("ispe".utf8) })
        avif.replaceSubrange(size + 8..<size + 16, with: [0, 0, 0x40, 0, 0, 0, 0x40, 0])
        #expect(try error(avif).code == .tooLarge)
        avif.replaceSubrange(size + 8..<size + 16, with: [UInt8](repeating: 0xff, count: 8))
        _ = try error(avif)
        var jpeg2000 = try Fixture.content("jpeg2000_rgb.j2k")
        jpeg2000.replaceSubrange(8..<16, with: [0, 0x10, 0, 0, 0, 0x10, 0, 0])
        #expect(try error(jpeg2000).message.hasPrefix("JPEG 2000 of 1048576 x 1048576"))
        #expect(try error(Array("P6 99999 99999 255\n".utf8)).code == .tooLarge)
        #expect(try error(Array("P4 9999999999 9999999999\n".utf8)).code == .tooLarge)
    }

    @Test("Tiles that cost more than their picture are refused")
    func tiles() throws {
        let large = tiff(
            width: 16, height: 16,
            more: [(322, 4, 65536), (323, 4, 65536), (324, 4, 8), (325, 4, 16)])
        #expect(try error(large).message.contains("tiles of more than 16777216 pixels"))
        var small = try Fixture.content("jpeg2000_rgb.j2k")
        small.replaceSubrange(8..<16, with: [0, 0, 0x10, 0, 0, 0, 0x10, 0])
        small.replaceSubrange(24..<32, with: [0, 0, 0, 1, 0, 0, 0, 1])
        #expect(try error(small).message.contains("tiles of fewer than 256 pixels"))
    }

    @Test("Kinds that are not read are told, with what they are")
    func unsupported() throws {
        let cases: [([(tag: UInt16, type: UInt8, value: UInt32)], String)] = [
            ([(258, 3, 32)], "bits a sample: 32"), ([(339, 3, 3)], "not unsigned"),
            ([(262, 3, 8), (277, 3, 3)], "photometric interpretation of 8"),
            ([(277, 3, 70)], "do not fit its colours"),
        ]
        for (more, words) in cases {
            let found = try error(tiff(width: 4, height: 4, more: more))
            #expect(found.code == .unsupported && found.message.contains(words), "\(found)")
            #expect(found.message.hasSuffix("; convert it"))
        }
    }

    @Test("A TIFF of indices needs their palette")
    func palette() throws {
        let found = try error(tiff(width: 4, height: 4, more: [(258, 3, 4), (262, 3, 3)]))
        #expect(found.code == .corrupt && found.message.contains("Colormap"), "\(found)")
    }

    @Test("Portable maps say what is wrong with their numbers, and where")
    func portableMaps() throws {
        let cases: [(String, ImageError.Code, String)] = [
            ("P2 2 1 255\n1 x\n", .corrupt, "byte 13: corrupt PPM: expected a number of 0 to 255"),
            ("P2 2 1 255\n1 256\n", .corrupt, "a number of 0 to 255"),
            ("P1 2 1\n1 2\n", .corrupt, "expected 0 or 1"),
            ("P2 2 1 255\n1\n", .truncated, "1 of 2 numbers"),
            ("P1 2 2\n10 1", .truncated, "3 of 4 numbers"),
            ("P6 2 1 255\nabcde", .truncated, "17 bytes are needed"),
            ("P5 2 1 0\nab", .corrupt, "a highest value of 0"),
            ("P5 2 1 70000\nab", .corrupt, "a highest value of 70000"),
            ("P5 2 -1 255\nab", .corrupt, "expected a number in the header"),
            ("P5 2 12345678901 255\nab", .corrupt, "expected a number in the header"),
            ("P5 2 1", .truncated, "ends in the header"), ("P5 0 1 255\n", .corrupt, "0 x 1"),
            ("P5 # a comment without an end", .truncated, "ends in the header"),
            ("P7 2 1 255\n", .unrecognized, "50 37 20 32"),
        ]
        for (text, code, words) in cases {
            let found = try error(Array(text.utf8))
            #expect(found.code == code && found.description.contains(words), "\(text): \(found)")
        }
    }

    @Test(
        "Thousands of mutated files of each format are read or refused",
        arguments: ["gif", "tiff", "avif", "jpeg2000", "map"])
    func mutations(format: String) throws {
        var generator = SeededGenerator(seed: 41)
        let limits = ImageLimits(maximumPixels: 1 << 16)
        let names = Fixture.variants.filter { $0.hasPrefix(format + "_") }
        let contents = try names.map(Fixture.content)
        var (good, bad) = (0, 0)
        for round in 0..<2000 {
            var bytes = contents[round % contents.count]
            switch generator.next() % 4 {
            case 0: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            case 1:
                for _ in 0..<4 {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[place] = UInt8(truncatingIfNeeded: generator.next())
                }
            case 2:
                let place = Int.random(in: 0..<min(96, bytes.count), using: &generator)
                bytes[place] ^= 1 << UInt8(generator.next() % 8)
            default:
                // A number of the largest or the smallest kind.
                let place = Int.random(in: 0..<bytes.count - 4, using: &generator)
                let value: UInt8 = generator.next() % 2 == 0 ? 0xff : 0
                bytes.replaceSubrange(place..<place + 4, with: repeatElement(value, count: 4))
            }
            do {
                let image = try ImageDecoder.decode(bytes, name: format, limits: limits)
                #expect(image.width * image.height <= 1 << 16)
                good += 1
            } catch let error as ImageError {
                #expect(!error.description.contains("\n"))
                bad += 1
            }
        }
        #expect(good > 100 && bad > 100, "\(good) were read, \(bad) refused")
    }
}
