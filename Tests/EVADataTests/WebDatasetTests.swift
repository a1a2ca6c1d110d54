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

    @Test("Groups that lack a picture or a caption are told from broken ones, others are none")
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
                ".txt, .json, got .cls, .png", ".webp, got .txt", "\"caption\" or \"text\"",
                "UTF-8", "end",
            ])
        {
            #expect(text.contains(words), "\(text)")
        }
    }

    @Test("A name that comes again with the same endings begins another sample")
    func repeatedNames() throws {
        let folder = try TemporaryFolder()
        let members = [0, 1, 2].flatMap { number in
            [
                ("a.png", (try? StreamFixture.picture(number)) ?? []),
                ("a.txt", Array("number \(number)".utf8)),
            ]
        }
        let path = try folder.write(StreamFixture.tar(members), to: "0.tar")
        #expect(
            try read(StreamFixture.tar(members), count: 4)
                == ["number 0", "number 1", "number 2", "end"])
        let stream = try ShardStream(
            name: "shards", shards: [path], format: .webDataset, seed: 1, shuffled: false)
        let loader = try StreamFixture.loader(StreamMixture(stream), batchSize: 3)
        #expect(try loader.next()?.count == 3)
        #expect(
            loader.tally.lines() == [
                "samples: 3 read, 0 passed over, 0 missing, 2 under the name of the one before"
            ])
    }

    @Test("Names that are no UTF-8 stay different")
    func rawNames() throws {
        let picture = try StreamFixture.picture(3)
        var shard = StreamFixture.tar([
            ("a?.png", picture), ("a!.txt", Array("not its caption".utf8)),
        ])
        // The two bytes are no UTF-8, and would both be shown as U+FFFD.
        for (offset, byte) in [(1, UInt8(0xFE)), (1025, UInt8(0xFF))] {
            let old = shard[offset]
            shard[offset] = byte
            let header = offset / 512 * 512
            let sum = StreamFixture.checksum(shard, at: header) + Int(byte) - Int(old)
            StreamFixture.setChecksum(sum, of: &shard, at: header)
        }
        let found = try read(shard, count: 3)
        #expect(found[0].contains("no caption") && found[1].contains("no picture"), "\(found)")
        #expect(found[2] == "end")
    }

    @Test(
        "Members whose holes were left out are refused, and those behind them are read",
        arguments: ["gnu", "pax"])
    func sparse(format: String) throws {
        let folder = try TemporaryFolder()
        let picture = try StreamFixture.picture(3)
        try folder.write("one", to: "in/1.txt")
        try folder.write(picture, to: "in/2.png")
        try folder.write("two", to: "in/2.txt")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Many holes, so that GNU's form needs more than the header for their map.
        process.arguments = [
            "-c",
            "cd \"$0\" && truncate -s 4M in/1.png && for i in 1 5 9 13 17 21 25 29; do "
                + "printf x | dd of=in/1.png bs=1 seek=$((i*100000)) conv=notrunc 2>/dev/null; done"
                + " && tar --sparse --format=\(format) -C in -cf s.tar 1.png 1.txt 2.png 2.txt",
            folder.path,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let shard = try Array(Data(contentsOf: URL(fileURLWithPath: folder.path + "/s.tar")))
        // Else the file system keeps no holes, and there is nothing to test.
        try #require(shard.count < 1 << 20)
        let found = try read(shard, count: 3)
        #expect(found[0].contains("tar --sparse"), "\(found)")
        #expect(Array(found[1...]) == ["two", "end"])
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
        #expect(try ShardSizes(of: shards).total == nil)
        try folder.write("70\n", to: "__len__")
        #expect(try ShardSizes(of: shards).total == 70)
        // The number is that of a folder: of one of its shards it says nothing.
        try folder.write("", to: "b.tar")
        #expect(try ShardSizes(of: [shards[0]]).total == nil)
        #expect(try ShardSizes(of: shards).total == 70)
        try folder.write("{\"a.tar\": 5, \"b.tar\": 6, \"c.tar\": 7}", to: "sizes.json")
        #expect(try ShardSizes(of: shards).total == 11)
        #expect(try ShardSizes(of: shards).byShard[shards[1]] == 6)
        try folder.write("[]", to: "sizes.json")
        #expect(errorText { try ShardSizes(of: shards) }?.contains("sizes.json") == true)
    }
}
