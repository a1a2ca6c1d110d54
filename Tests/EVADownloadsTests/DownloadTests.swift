import EVADownloads
import EVAHTTP
import EVATestSupport
import Foundation
import Testing

@Suite("Downloads")
struct DownloadTests {
    private static let file = content(200_000)

    @Test("A file arrives whole, under its own name alone")
    func plain() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { _, _ in .file(Self.file, etag: "\"a\"") }
        var last: DownloadEvent?
        try folder.download(server.address + "/x")(report: { last = $0 })
        #expect(folder.bytes("file") == Self.file)
        #expect(folder.names == ["file"])
        #expect(last == .received(Self.file.count, of: Self.file.count))
        try folder.download(server.address + "/x")()
        #expect(server.requests.count == 1, "what is there was asked for again")
    }

    @Test("An empty file is a file")
    func empty() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { _, _ in .file([]) }
        try folder.download(server.address + "/x")()
        #expect(folder.bytes("file") == [])
        #expect(folder.names == ["file"])
    }

    @Test("A connection that breaks is taken up where it broke")
    func resumesInTheSameRun() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, number in
            let reply = LoopbackServer.Reply.part(Self.file, for: request, etag: "\"a\"")
            return number < 4 ? reply.breakingOff(after: 30_000) : reply
        }
        try folder.download(server.address + "/x")()
        #expect(folder.bytes("file") == Self.file)
        #expect(server.requests.map(\.rangeStart) == [nil, 30_000, 60_000, 90_000, 120_000])
        #expect(server.requests.last?.fields["if-range"] == "\"a\"")
    }

    @Test("What a run left is gone on with by the next, which gets only the rest")
    func resumesInTheNextRun() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, number in
            let reply = LoopbackServer.Reply.part(Self.file, for: request, etag: "\"a\"")
            return number == 0
                ? reply.breakingOff(after: 50_000) : number < 3 ? .empty("503 No") : reply
        }
        let text = failure { try folder.download(server.address + "/x")() }
        #expect(
            text.contains("503") && text.contains("the 50000 bytes that are here are kept"),
            "\(text)")
        #expect(folder.names == ["file.part", "file.part.json"])
        try folder.download(server.address + "/x")()
        #expect(folder.bytes("file") == Self.file)
        #expect(server.requests.last?.rangeStart == 50_000)
        #expect(folder.names == ["file"])
    }

    @Test("A file that changed meanwhile starts anew", arguments: [true, false])
    func changed(serverHonoursIfRange: Bool) throws {
        let folder = try DownloadFolder()
        let old = content(100_000)
        let server = try LoopbackServer { request, number in
            if number == 0 { return .file(old, etag: "\"old\"").breakingOff(after: 40_000) }
            var request = request
            if !serverHonoursIfRange {
                request = .init(
                    path: request.path, fields: request.fields.filter { $0.key != "if-range" })
            }
            return .part(Self.file.reversed(), for: request, etag: "\"new\"")
        }
        var restarts = 0
        try folder.download(server.address + "/x")(report: {
            if case .restarting = $0 { restarts += 1 }
        })
        #expect(folder.bytes("file") == Self.file.reversed())
        #expect(restarts == 1)
    }

    @Test("A server that knows no parts sends the whole again")
    func ignoresRange() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { _, number in
            let reply = LoopbackServer.Reply.file(Self.file, etag: "\"a\"")
            return number == 0 ? reply.breakingOff(after: 50_000) : reply
        }
        try folder.download(server.address + "/x")()
        #expect(folder.bytes("file") == Self.file)
    }

    @Test("Parts are never joined where nothing tells that they belong together")
    func noValidator() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { _, number in
            let reply = LoopbackServer.Reply.file(Self.file)
            return number == 0 ? reply.breakingOff(after: 50_000) : reply
        }
        try folder.download(server.address + "/x")()
        #expect(folder.bytes("file") == Self.file)
        #expect(server.requests.map(\.rangeStart) == [nil, nil])
    }

    @Test("A server that breaks off at the same byte for ever is given up, in bounded tries")
    func givesUp() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            var reply = LoopbackServer.Reply.part(
                Array(Self.file.prefix(1_000)), for: request, etag: "\"a\"")
            reply.statedLength = "2000"
            return reply
        }
        let text = failure { try folder.download(server.address + "/x")() }
        #expect(text.contains("given up after 3 tries"), "\(text)")
        #expect(!folder.names.contains("file"))
    }

    @Test("A length that is too short or too long is found out by the size and the digest")
    func wrongLengths() throws {
        for stated in ["150000", "250000"] {
            let folder = try DownloadFolder()
            let server = try LoopbackServer { _, _ in
                var reply = LoopbackServer.Reply.file(Self.file, etag: "\"a\"")
                reply.statedLength = stated
                return reply
            }
            var download = folder.download(server.address + "/x")
            download.expectedSize = Self.file.count
            let text = failure { try download() }
            #expect(
                text.contains("a file of \(stated) bytes, expected 200000"), "\(text)")
            #expect(!folder.names.contains("file"))
        }
    }

    @Test("More bytes than the file must have end the transfer")
    func tooMany() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { _, _ in
            var reply = LoopbackServer.Reply.file(Self.file)
            reply.statedLength = ""
            return reply
        }
        var download = folder.download(server.address + "/x")
        download.expectedSize = 1_000
        let text = failure { try download() }
        #expect(text.contains("more than the 1000 bytes"), "\(text)")
        #expect(!folder.names.contains("file"))
    }

    // The digests are those of GNU coreutils for the text "abc".
    @Test(
        "A file with another digest is not kept",
        arguments: [
            FileDigest.sha256("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            .md5("900150983cd24fb0d6963f7d28e17f72"),
        ])
    func digests(expected: FileDigest) throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            .file(Array((request.path == "/good" ? "abc" : "abd").utf8), etag: "\"a\"")
        }
        var download = folder.download(server.address + "/bad", to: "bad")
        download.expectedDigest = expected
        let text = failure { try download() }
        #expect(text.contains("expected") && text.contains("nothing is kept"), "\(text)")
        #expect(folder.names == [])
        download = folder.download(server.address + "/good", to: "good")
        download.expectedDigest = expected
        try download()
        #expect(folder.names == ["good"])
    }

    @Test("A damaged part of an earlier run costs one more transfer, not the file")
    func damagedPart() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, number in
            let reply = LoopbackServer.Reply.part(Array("abc".utf8), for: request, etag: "\"a\"")
            return number == 0 ? reply.breakingOff(after: 1) : number < 3 ? .empty("500 No") : reply
        }
        var download = folder.download(server.address + "/x")
        download.expectedDigest = .md5("900150983cd24fb0d6963f7d28e17f72")
        #expect(failure { try download() } != "")
        try Data("z".utf8).write(to: URL(fileURLWithPath: folder.path + "/file.part"))
        try download()
        #expect(folder.bytes("file") == Array("abc".utf8))
    }

    @Test("A server in trouble is asked again, after the time that it names")
    func retries() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { _, number in
            switch number {
            case 0: .empty("503 Busy", "Retry-After: 1")
            case 1: .empty("429 Slow down")
            default: .file(Self.file)
            }
        }
        var waits: [Double] = []
        try folder.download(server.address + "/x")(report: {
            if case .retrying(_, let seconds) = $0 { waits.append(seconds) }
        })
        #expect(folder.bytes("file") == Self.file)
        #expect(waits == [1, 0.02])
    }

    @Test("A file that is not there, or not for everybody, is an error at once")
    func refusals() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            .empty(request.path == "/gone" ? "404 Not Found" : "403 Forbidden")
        }
        #expect(
            failure { try folder.download(server.address + "/gone")() }
                == "\(server.address)/gone: no such file on the server (404)")
        #expect(failure { try folder.download(server.address + "/secret")() }.contains("token"))
        #expect(server.requests.count == 2)
        #expect(folder.names == [])
    }

    @Test("Redirections are followed, and the token stays with the first server")
    func redirects() throws {
        let folder = try DownloadFolder()
        let store = try LoopbackServer { _, _ in .file(Self.file, etag: "\"a\"") }
        let place = store.address
        let front = try LoopbackServer { request, _ in
            request.path == "/x"
                ? .empty("302 Found", "Location: /y")
                : .empty("307 There", "Location: \(place)/z?signature=1")
        }
        var download = folder.download(front.address + "/x")
        download.token = "secret"
        try download()
        #expect(folder.bytes("file") == Self.file)
        #expect(
            front.requests.map { $0.fields["authorization"] ?? "" } == [
                "Bearer secret", "Bearer secret",
            ])
        #expect(store.requests.map { $0.fields["authorization"] ?? "" } == [""])
        #expect(store.requests.first?.path == "/z?signature=1")
    }

    @Test("Redirections in a circle, to nowhere or to another scheme are refused")
    func badRedirects() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            switch request.path {
            case "/file": .empty("302 Found", "Location: file:///etc/passwd")
            case "/none": .empty("302 Found")
            default: .empty("302 Found", "Location: /circle")
            }
        }
        #expect(
            failure { try folder.download(server.address + "/circle")() }.contains("redirections"))
        #expect(
            failure { try folder.download(server.address + "/file")() }.contains("expected http"))
        #expect(failure { try folder.download(server.address + "/none")() }.contains("nowhere"))
        #expect(folder.names == [])
    }

    @Test("What a hub says of a large file before it redirects is held true")
    func hubStatements() throws {
        let good = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            switch request.path {
            case "/size":
                .empty("302 Found", "X-Linked-Size: 4", "Location: /blob")
            case "/digest":
                .empty(
                    "302 Found", "X-Linked-Size: 3",
                    "X-Linked-Etag: \"\(good.replacingOccurrences(of: "b", with: "c"))\"",
                    "Location: /blob")
            case "/good":
                .empty(
                    "302 Found", "X-Linked-Size: 3", "X-Linked-Etag: \"\(good)\"", "Location: /blob"
                )
            default: .file(Array("abc".utf8), etag: "\"other\"")
            }
        }
        #expect(failure { try folder.download(server.address + "/size")() }.contains("4"))
        #expect(failure { try folder.download(server.address + "/digest")() }.contains("sha256"))
        #expect(folder.names == [])
        try folder.download(server.address + "/good")()
        #expect(folder.names == ["file"])
    }

    @Test("A transfer that stands still is broken off and taken up again")
    func stalls() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, number in
            var reply = LoopbackServer.Reply.part(Self.file, for: request, etag: "\"a\"")
            if number == 0 {
                reply.sentCount = 10_000
                reply.silentSeconds = 20
            }
            return reply
        }
        var download = folder.download(server.address + "/x")
        download.policy.stallSeconds = 1
        try download()
        #expect(folder.bytes("file") == Self.file)
        #expect(server.requests.last?.rangeStart == 10_000)
    }

    @Test("A user's stop ends it soon and keeps what has come")
    func stops() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            var reply = LoopbackServer.Reply.part(Self.file, for: request, etag: "\"a\"")
            reply.sentCount = 10_000
            reply.silentSeconds = 20
            return reply
        }
        var hasBytes = false
        let text = failure {
            try folder.download(server.address + "/x")(
                shouldStop: { hasBytes },
                report: { if case .received(10_000..., _) = $0 { hasBytes = true } })
        }
        #expect(text.contains("stopped"), "\(text)")
        #expect(folder.bytes("file.part") == Array(Self.file.prefix(10_000)))
    }

    @Test("Two at once bring the file once")
    func twoAtOnce() throws {
        let folder = try DownloadFolder()
        let waits = Counter()
        let server = try LoopbackServer { _, _ in
            waits.wait(for: 1)
            return .file(Self.file)
        }
        let ends = Counter()
        for _ in 0..<2 {
            let download = folder.download(server.address + "/x")
            Thread.detachNewThread {
                try? download(report: { if $0 == .waiting { waits.increase() } })
                ends.increase()
            }
        }
        ends.wait(for: 2)
        #expect(folder.bytes("file") == Self.file)
        #expect(folder.names == ["file"])
        #expect(server.requests.count == 1)
        #expect(waits.value == 1)
    }

    @Test("A disk that is too small is told before anything is brought")
    func diskSpace() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { _, _ in
            var reply = LoopbackServer.Reply.file(Self.file)
            reply.statedLength = "\(1 << 60)"
            return reply
        }
        var download = folder.download(server.address + "/x")
        download.largestSize = .max
        let text = failure { try download() }
        #expect(text.contains("are free"), "\(text)")
        #expect(folder.names == [])
    }

    @Test("An address that is none, or whose host does not exist, is a line of text")
    func badAddresses() throws {
        let folder = try DownloadFolder()
        for url in ["ftp://127.0.0.1/x", "nonsense", "http://no-such-host.invalid/x"] {
            let text = failure { try folder.download(url)() }
            #expect(text.hasPrefix(url + ": ") && !text.contains("\n"), "\(text)")
        }
        #expect(folder.names == [])
    }
}
