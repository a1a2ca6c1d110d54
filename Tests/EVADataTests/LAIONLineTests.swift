import EVAData
import EVAImaging
import Foundation
import Testing

@Suite("Lines of LAION parts")
struct LAIONLineTests {
    /// The caption of the only line of a part, or what is wrong with it.
    private func read(_ line: [UInt8]) throws -> String {
        let folder = try TemporaryFolder()
        let stream = try ShardStream(
            name: "list", shards: [try folder.write(line + [UInt8(ascii: "\n")], to: "part")],
            format: .lines, seed: 0, shuffled: false)
        let record = try stream.makeReader(share: RankShare(), from: StreamCursor()).next()
        do {
            guard case .caption(let caption) = try record.sample().text else { return "no text" }
            return caption
        } catch {
            return "error: \(error)"
        }
    }

    private func line(json: [UInt8], picture: [UInt8]) -> [UInt8] {
        Array("1\t2\t".utf8) + json + Array("\t4\t5\t".utf8) + Data(picture).base64EncodedData()
    }

    @Test("The English caption counts, else BLIP's, else none")
    func captions() throws {
        let picture = try StreamFixture.picture(9)
        for (json, caption) in [
            ("{\"blip_caption_en\": \"a\", \"caption_en\": \"b\"}", "b"),
            ("{\"blip_caption_en\": \"a\", \"caption\": \"b\"}", "a"),
            ("{\"caption_en\": null, \"blip_caption_en\": \"a\"}", "a"), ("{\"x\": 1}", ""),
            ("{\"caption_en\": \"caf\\u00e9 \u{732b}\"}", "caf\u{e9} \u{732b}"),
        ] {
            #expect(try read(line(json: Array(json.utf8), picture: picture)) == caption)
        }
    }

    @Test("A line that is no UTF-8 is read as GB18030")
    func chinese() throws {
        // "dog" in Chinese, in GB18030 as Python's codec writes it.
        let json = Array("{\"caption_en\": \"".utf8) + [0xB9, 0xB7] + Array("\"}".utf8)
        let picture = try StreamFixture.picture(9)
        #expect(try read(line(json: json, picture: picture)) == "\u{72d7}")
        let other = Array("{\"caption_en\": \"".utf8) + [0xFF, 0xFF] + Array("\"}".utf8)
        #expect(try read(line(json: other, picture: picture)).contains("neither UTF-8 nor GB18030"))
    }

    @Test("What is wrong with a line is said")
    func faults() throws {
        let json = Array("{}".utf8)
        let picture = try StreamFixture.picture(9)
        for (content, words) in [
            ([], "an empty line"), (Array("a\tb".utf8), "2 columns; expected at least 6"),
            (line(json: Array("{\"a\": }".utf8), picture: picture), "column 2, byte 6"),
            (line(json: Array("[1]".utf8), picture: picture), "expected a JSON object"),
            (Array("1\t2\t{}\t4\t5\t*not base64*".utf8), "column 5: expected a picture in base64"),
            (line(json: json, picture: Array("%PDF-1".utf8)), "not a picture that is read"),
            (line(json: json, picture: try StreamFixture.picture(9, side: 3)), "at least 5"),
            (line(json: json, picture: try bomb()), "10000 x 10000 pixels; at most"),
        ] as [([UInt8], String)] {
            let text = try read(content)
            #expect(text.hasPrefix("error: ") && text.contains(words), "\(words): \(text)")
        }
    }

    @Test("A last line without a line feed, Windows' line ends and packed parts are read")
    func endings() throws {
        let folder = try TemporaryFolder()
        var part = try StreamFixture.part(0..<3)
        part.removeLast()
        let text = part.split(separator: UInt8(ascii: "\n")).joined(separator: Array("\r\n".utf8))
        let plain = try folder.write(part, to: "plain")
        let windows = try folder.write(Array(text), to: "windows")
        let packed = try folder.write(part, to: "packed")
        try run("gzip", packed)
        let stream = try ShardStream(
            name: "list", shards: [plain, windows, packed + ".gz"], format: .lines, seed: 0,
            shuffled: false)
        let reader = try stream.makeReader(share: RankShare(), from: StreamCursor())
        #expect(try reader.numbers(9) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    }

    @Test("A list names its parts from the working directory, or from its own folder")
    func lists() throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "parts/a")
        let list = try folder.write("parts/a\n\n  parts/b.gz \n/c\n", to: "list.txt")
        #expect(
            try FileList.paths(in: list)
                == ["/parts/a", "/parts/b.gz"].map { folderOf(list) + $0 } + ["/c"])
        let absolute = try folder.write("/a\n", to: "absolute")
        #expect(try FileList.paths(in: absolute) == ["/a"])
        let empty = try folder.write(" \n", to: "empty")
        #expect(errorText { try FileList.paths(in: empty) }?.contains("is empty") == true)
        let bytes = try folder.write([0x1f, 0x8b, 0, 1], to: "bytes")
        #expect(errorText { try FileList.paths(in: bytes) }?.contains("got bytes") == true)
    }

    private func folderOf(_ path: String) -> String { (path as NSString).deletingLastPathComponent }

    /// A PNG whose header asks for a hundred million pixels.
    private func bomb() throws -> [UInt8] {
        var png = try StreamFixture.picture(0)
        let header = Array("IHDR".utf8) + [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10] + png[24..<29]
        png.replaceSubrange(12..<29, with: header)
        png.replaceSubrange(29..<33, with: Self.crc(header))
        return png
    }

    private static func crc(_ bytes: [UInt8]) -> [UInt8] {
        var crc: UInt32 = ~0
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return Swift.withUnsafeBytes(of: (~crc).bigEndian) { Array($0) }
    }
}
