import EVAData
import Foundation
import Testing

@Suite("WebDataset shards")
struct WebDatasetTests {
    /// Captions of the records of a shard, or what is wrong with them.
    private func read(_ shard: [UInt8], count: Int) throws -> [String] {
        let folder = try TemporaryFolder()
        let stream = try ShardStream(
            name: "shards", shards: [try folder.write(shard, to: "0.tar")], format: .webDataset,
            seed: 0, shuffled: false)
        let reader = try stream.makeReader(share: RankShare(), from: StreamCursor())
        return try (0..<count).map { _ in
            let record = try reader.next()
            guard reader.cursor.pass == 0 else { return "end" }
            do {
                guard case .caption(let text) = try record.sample().text else { return "no text" }
                return text
            } catch {
                return "error: \(error)"
            }
        }
    }

    @Test("Members are grouped by what their names have before the first dot")
    func groups() throws {
        let picture = try StreamFixture.picture(3)
        let shard = StreamFixture.tar([
            ("a/1.png", picture), ("a/1.txt", Array("one".utf8)), ("a/1.json", Array("{".utf8)),
            ("b/1.TXT", Array("two".utf8)), ("b/1.JPG", picture),
            ("c.d/x.y.txt", Array("no".utf8)), ("c.d/x.png", picture),
            ("c.d/x.json", Array("{\"n\": 1, \"text\": \"t\", \"caption\": \"three\"}".utf8)),
            ("__meta.json", Array("{}".utf8)), ("README", [65]), (".x.txt", [65]),
            ("e.bin", [65]), ("e.json", Array("{\"text\": \"four\"}".utf8)), ("e.webp", picture),
        ])
        #expect(try read(shard, count: 5) == ["one", "two", "three", "four", "end"])
    }

    @Test("Groups that lack a picture or a caption are faulty records, others are passed over")
    func incomplete() throws {
        let picture = try StreamFixture.picture(3)
        let shard = StreamFixture.tar([
            ("1.png", picture), ("1.cls", [65]), ("2.txt", [65]), ("3.npy", [65]),
            ("4.png", picture), ("4.json", Array("{\"title\": \"x\"}".utf8)),
            ("5.png", picture), ("5.txt", [0xFF]),
        ])
        let found = try read(shard, count: 5)
        for (text, words) in zip(
            found,
            [
                ".txt, .json, got .png, .cls", ".webp, got .txt", "\"caption\" or a \"text\"",
                "UTF-8", "end",
            ])
        {
            #expect(text.contains(words), "\(text)")
        }
    }

    @Test("A shard that is cut gives what lies before the cut, and one faulty record")
    func cut() throws {
        let whole = StreamFixture.tar(try StreamFixture.members(0..<4))
        // Each sample takes four blocks of 512 bytes.
        for (length, captions) in [
            (2 * 2048 + 700, 2), (2 * 2048 + 512 + 20, 2), (2 * 2048 + 1500, 2),
            (3 * 2048 - 490, 3), (3 * 2048, 3), (4 * 2048, 4),
        ] {
            let found = try read(Array(whole[..<length]), count: captions + 2)
            #expect(
                found.prefix(captions)
                    == ["number 0", "number 1", "number 2", "number 3"].prefix(captions))
            #expect(found[captions].contains("cut short"), "\(length): \(found)")
            #expect(found[captions + 1] == "end", "\(length): \(found)")
        }
    }

    @Test("Braces stand for many names")
    func patterns() throws {
        #expect(
            try ShardPattern.expand("a/{008..011}.tar")
                == ["a/008.tar", "a/009.tar", "a/010.tar", "a/011.tar"])
        #expect(
            try ShardPattern.expand("{x,y}-{0..1}.tar")
                == ["x-0.tar", "x-1.tar", "y-0.tar", "y-1.tar"])
        #expect(try ShardPattern.expand("plain.tar") == ["plain.tar"])
        for wrong in [
            "{1..2.tar", "1}.tar", "{2..1}.tar", "{a..b}.tar", "{1}.tar", "{{1..2}}.tar",
            "{0..99999999}.tar",
        ] {
            #expect(errorText { try ShardPattern.expand(wrong) } != nil, "\(wrong)")
        }
    }

    @Test("sizes.json and __len__ tell how many samples there are")
    func sizes() throws {
        let folder = try TemporaryFolder()
        let shards = ["a", "b"].map { folder.path + "/\($0).tar" }
        #expect(try ShardSizes.count(of: shards) == nil)
        try folder.write("70\n", to: "__len__")
        #expect(try ShardSizes.count(of: shards) == 70)
        try folder.write("{\"a.tar\": 5, \"b.tar\": 6, \"c.tar\": 7}", to: "sizes.json")
        #expect(try ShardSizes.count(of: shards) == 11)
        try folder.write("[]", to: "sizes.json")
        #expect(errorText { try ShardSizes.count(of: shards) }?.contains("sizes.json") == true)
    }
}
