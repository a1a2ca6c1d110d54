import EVAData
import EVAHTTP
import EVATestSupport
import Foundation
import Testing

/// Shards on servers, which must give what the same shards give from a disk.
@Suite("Shards from afar")
struct RemoteShardTests {
    private static let sizes = [9, 6, 8]

    @Test(
        "Batches are those of the same shards on a disk, over connections that break, and go on anywhere",
        arguments: [ShardFormat.lines, .webDataset], [0, 3])
    func sameBatches(format: ShardFormat, threads: Int) throws {
        let folder = try TemporaryFolder()
        let local = StreamMixture(
            try StreamFixture.stream(
                in: folder, sizes: Self.sizes, format: format, windowRecords: 6))
        let server = try folder.server(breakingOffAfter: 1_500)
        let remote = StreamMixture(
            try ShardStream(
                name: "afar", shards: server.shards(Self.sizes.count), format: format, seed: 5,
                shuffled: true, window: ShardWindow.Limits(records: 6, bytes: 1 << 20),
                remote: quickAccess()))
        let wanted = try StreamFixture.loader(local, threads: threads).fingerprints(15)
        let loader = try StreamFixture.loader(remote, threads: threads)
        let first = try loader.fingerprints(5)
        let position = try #require(loader.streamPosition)
        loader.stop()
        let resumed = try StreamFixture.loader(remote, start: position, threads: threads)
        #expect(try first + resumed.fingerprints(10) == wanted)
        #expect(server.requests.contains { $0.rangeStart != nil })
    }

    @Test("Shards on a server mix with those of a disk, and each rank reads its own")
    func mixture() throws {
        let folder = try TemporaryFolder()
        let near = try StreamFixture.stream(
            in: folder, sizes: Self.sizes, format: .webDataset, windowRecords: 6)
        let server = try folder.server()
        let far = try ShardStream(
            name: "afar", shards: server.shards(3), format: .webDataset, seed: 5, shuffled: true,
            window: ShardWindow.Limits(records: 6, bytes: 1 << 20), remote: quickAccess())
        for rank in 0..<2 {
            let share = RankShare(rank: rank, worldSize: 2)
            let both = try [near, far].map { stream in
                try StreamFixture.loader(
                    StreamMixture([near, stream], factors: [1, 2]), share: share)
            }
            #expect(try both[0].fingerprints(12) == both[1].fingerprints(12))
        }
    }

    @Test("Packed shards are unpacked on the way")
    func packed() throws {
        let folder = try TemporaryFolder()
        let plain = try folder.write(
            StreamFixture.tar(StreamFixture.members(0..<5)), to: "part-0.tar")
        try system("gzip", "-k", plain)
        let server = try folder.server(breakingOffAfter: 400)
        let reader = try ShardStream(
            name: "afar", shards: [server.address + "/part-0.tar.gz"], format: .webDataset, seed: 5,
            shuffled: false, remote: quickAccess()
        ).makeReader(share: RankShare(), from: StreamCursor())
        #expect(try reader.numbers(5) == [0, 1, 2, 3, 4])
        #expect(server.requests.count > 3)
    }

    @Test("Lists and sizes lie on servers too, and name what lies beside them")
    func lists() throws {
        let folder = try TemporaryFolder()
        let server = try folder.server()
        let address = server.address
        try folder.write("00.tar\n\nsub/01.tar\n\(address)/02.tar?x=1\ns3://b/k.tar\n", to: "list")
        let names = [
            "\(address)/00.tar?t=1", "\(address)/sub/01.tar?t=1", "\(address)/02.tar?x=1",
            "s3://b/k.tar",
        ]
        #expect(try FileList.paths(in: address + "/list?t=1", remote: quickAccess()) == names)
        #expect(try ShardFormat(ofFiles: names, in: "list") == .webDataset)
        let near = try folder.write("here.tar\n\(address)/00.tar\n", to: "near")
        let mixed = try FileList.paths(in: near)
        #expect(mixed[0].hasSuffix("/here.tar") && mixed[1] == address + "/00.tar", "\(mixed)")

        let shards = [address + "/00.tar?t=1", address + "/a%20b.tar", address + "/sub/01.tar"]
        try folder.write("{\"00.tar\": 4, \"a b.tar\": 5}", to: "sizes.json")
        try folder.write("{\"01.tar\": 6}", to: "sub/sizes.json")
        let sizes = try ShardSizes(of: shards, remote: quickAccess())
        #expect(sizes.total == 15 && shards.map { sizes.byShard[$0] } == [4, 5, 6])
        try folder.write("{\"00.tar\": -1}", to: "sizes.json")
        #expect(
            errorText { try ShardSizes(of: shards, remote: quickAccess()) }?
                .hasPrefix(address + "/sizes.json: byte ") == true)
    }

    @Test("Lists that cannot be used are refused in one line")
    func badLists() throws {
        let folder = try TemporaryFolder()
        let server = try folder.server()
        func text(_ content: String) throws -> String? {
            try folder.write(content, to: "list")
            return errorText {
                try FileList.paths(in: server.address + "/list?t=secret", remote: quickAccess())
            }
        }
        #expect(
            try text("") == "\(server.address)/list: is empty; expected the path of a file on "
                + "each line")
        #expect(try text("/data/00.tar")?.contains("names /data/00.tar, a path of a disk") == true)
        #expect(try text("a\u{0}b")?.contains("got bytes") == true)
        #expect(
            errorText {
                try FileList.paths(in: server.address + "/none", remote: quickAccess())
            }
                == "\(server.address)/none: no such file on the server (404); correct the address, or "
                + "bring it there")
        #expect(
            errorText { try ShardFormat(ofFiles: ["https://h/a.tar?s=1", "b.txt"], in: "list") }?
                .contains("names tar shards, such as https://h/a.tar, and other files") == true)
    }

    @Test("Sizes that a server does not have or show are not known; one that is away is an error")
    func noSizes() throws {
        for status in ["404 Not Found", "403 Forbidden"] {
            let server = try LoopbackServer { _, _ in .empty(status) }
            let sizes = try ShardSizes(of: [server.address + "/0.tar"], remote: quickAccess())
            #expect(sizes == ShardSizes())
        }
        let server = try LoopbackServer { _, _ in .empty("500 No") }
        #expect(
            errorText {
                try ShardSizes(of: [server.address + "/0.tar"], remote: quickAccess())
            }?.contains("sizes.json: the server answers 500") == true)
    }

    @Test("The first and the last address of a list are tried before anything begins")
    func firstAndLast() throws {
        let folder = try TemporaryFolder()
        try folder.write(StreamFixture.tar([]), to: "part-0")
        let server = try folder.server()
        func text(_ shards: [String]) -> String? {
            errorText {
                try ShardStream(
                    name: "afar", shards: shards, format: .webDataset, seed: 0, shuffled: true,
                    remote: quickAccess())
            }
        }
        #expect(
            text(["/part-0", "/part-1"].map { server.address + $0 })?.contains("part-1: no such")
                == true)
        #expect(text([server.address + "/part-0"]) == nil)
        #expect(text(["gs://b/x.tar"])?.contains("expected an address of http://") == true)
    }

    struct Damage: Sendable {
        let words: String
        let reply: @Sendable (LoopbackServer.Request, [UInt8]) -> LoopbackServer.Reply
    }

    @Test(
        "A shard that is missing, changed or damaged is told, with what is missing, and the rest is read",
        arguments: [
            Damage(words: "no such file on the server (404)") { _, _ in .empty("404 Not Found") },
            Damage(words: "the server answers 503") { _, _ in .empty("503 Down") },
            Damage(words: "was changed while it was being read") { request, bytes in
                var reply = LoopbackServer.Reply.file(
                    bytes, etag: request.rangeStart == nil ? "\"a\"" : "\"b\"")
                reply.sentCount = 3_000
                return reply
            },
            Damage(words: "cut short") { _, bytes in
                var reply = LoopbackServer.Reply.file(bytes)
                reply.statedLength = "3000"
                return reply
            },
            Damage(words: "whose checksum is wrong") { _, bytes in
                .file(Array(bytes[..<2_048]) + [UInt8](repeating: 7, count: bytes.count - 2_048))
            },
            Damage(words: "got a header whose checksum is wrong") { _, bytes in
                .file(Array("<html>".utf8) + [UInt8](repeating: 0x20, count: bytes.count))
            },
        ])
    func damage(_ damage: Damage) throws {
        let folder = try TemporaryFolder()
        _ = try StreamFixture.stream(in: folder, sizes: [4, 6, 4], format: .webDataset)
        let path = folder.path
        let server = try LoopbackServer { request, _ in
            let name = request.path.prefix { $0 != "?" }
            guard let data = FileManager.default.contents(atPath: path + name) else {
                return .empty("404 Not Found")
            }
            return name == "/part-1" ? damage.reply(request, Array(data)) : .file(Array(data))
        }
        let shards = (0..<3).map { "\(server.address)/part-\($0)?key=secret" }
        try folder.write("{\"part-0\": 4, \"part-1\": 6, \"part-2\": 4}", to: "sizes.json")
        let stream = try ShardStream(
            name: "afar", shards: shards, format: .webDataset,
            sizes: ShardSizes(of: shards, remote: quickAccess()), seed: 5, shuffled: false,
            remote: quickAccess())
        let bad = try BadSampleLog(path: folder.path + "/bad.jsonl")
        let loader = try StreamFixture.loader(
            StreamMixture(stream), batchSize: 8, limit: .count(6), badSamples: bad)
        _ = try loader.fingerprints(1)
        let lines = try String(contentsOfFile: folder.path + "/bad.jsonl", encoding: .utf8)
        #expect(lines.contains("\"file\":\"\(server.address)/part-1\""), "\(lines)")
        #expect(lines.contains(damage.words) && !lines.contains("secret"), "\(lines)")
        #expect(lines.split(separator: "\n").count == 1)
        let counts = try #require(loader.tally.files["\(server.address)/part-1"])
        #expect(counts.missing == bad.count && counts.missing >= 4, "\(counts)")
        #expect(counts.expectation?.contains("of the 6 that sizes.json names") == true)
        let strict = try StreamFixture.loader(
            StreamMixture(stream), batchSize: 8, limit: .count(2))
        #expect(errorText { try strict.fingerprints(1) }?.contains(damage.words) == true)
    }

    @Test("Readers that wait for a server end when the loader stops", .timeLimit(.minutes(1)))
    func stops() throws {
        let folder = try TemporaryFolder()
        try folder.write(StreamFixture.tar(StreamFixture.members(0..<4)), to: "part-0")
        let content = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/part-0"))
        let server = try LoopbackServer { _, number in
            number == 0 ? .file(Array(content)) : .empty("503 Down", "Retry-After: 200")
        }
        var access = quickAccess()
        access.policy.attempts = 10
        let loader = try StreamFixture.loader(
            StreamMixture(
                try ShardStream(
                    name: "afar", shards: [server.address + "/part-0"], format: .webDataset,
                    seed: 5, shuffled: true, remote: access)), threads: 2)
        for _ in 0..<500 where server.requests.count < 2 { usleep(10_000) }
        #expect(server.requests.count == 2)
        let clock = ContinuousClock()
        let time = clock.measure { loader.stop() }
        #expect(time < .seconds(5))
    }

    private func system(_ words: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(words)")
    }
}

/// Access that does not wait long.
private func quickAccess() -> RemoteAccess {
    var access = RemoteAccess.usual
    access.policy.firstWaitSeconds = 0.001
    access.policy.attempts = 3
    access.policy.stallSeconds = 5
    return access
}

extension TemporaryFolder {
    /// A server of the files that lie in the folder, by their names without escapes.
    ///
    /// - Parameter count: After how many bytes of a body every connection breaks.
    fileprivate func server(breakingOffAfter count: Int = .max) throws -> LoopbackServer {
        let path = path
        return try LoopbackServer { request, _ in
            let name = request.path.prefix { $0 != "?" }
            guard let data = FileManager.default.contents(atPath: path + name) else {
                return .empty("404 Not Found")
            }
            return .part(Array(data), for: request, etag: "\"\(data.count)\"")
                .breakingOff(after: count)
        }
    }
}

extension LoopbackServer {
    /// The addresses of `part-0`, `part-1` and so on.
    fileprivate func shards(_ count: Int) -> [String] {
        (0..<count).map { "\(address)/part-\($0)" }
    }
}
