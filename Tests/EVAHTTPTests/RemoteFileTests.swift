import EVAHTTP
import EVATestSupport
import Foundation
import Synchronization
import Testing

/// Reading from servers that break off, stand still, lie and change their minds.
@Suite("Files on servers")
struct RemoteFileTests {
    private static let file = content(3_000_000)
    private static let tag = "\"a\""

    @Test("A file is read from the front over one connection")
    func plain() throws {
        let server = try LoopbackServer { _, _ in .file(Self.file, etag: Self.tag) }
        let remote = try open(server.address + "/x.tar")
        #expect(remote.size == Self.file.count)
        #expect(try remote.all() == Self.file)
        #expect(server.requests.count == 1 && server.requests[0].rangeStart == nil)
    }

    @Test("An empty file, and one whose length the server does not say, end where they end")
    func lengths() throws {
        let server = try LoopbackServer { request, _ in
            if request.path == "/empty" { return .file([]) }
            if request.path == "/chunked" {
                var reply = LoopbackServer.Reply(
                    status: "200 OK", fields: ["Transfer-Encoding: chunked"],
                    body: Array("5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n".utf8))
                reply.statedLength = ""
                return reply
            }
            var reply = LoopbackServer.Reply.file(Self.file)
            reply.statedLength = ""
            return reply
        }
        #expect(try open(server.address + "/empty").all() == [])
        let closed = try open(server.address + "/closed")
        #expect(closed.size == nil)
        #expect(try closed.all() == Self.file)
        #expect(closed.size == Self.file.count)
        #expect(try open(server.address + "/chunked").all() == Array("abcdefgh".utf8))
    }

    @Test("A connection that breaks is made again in the middle of the file, and told once")
    func breaks() throws {
        let server = try LoopbackServer { request, number in
            let reply = LoopbackServer.Reply.part(Self.file, for: request, etag: Self.tag)
            return number < 4 ? reply.breakingOff(after: 500_000) : reply
        }
        let told = Mutex<[String]>([])
        let remote = try open(server.address + "/x.tar") { access in
            access.report = { place, reason in told.withLock { $0.append("\(place): \(reason)") } }
        }
        #expect(try remote.all() == Self.file)
        #expect(
            server.requests.map(\.rangeStart) == [nil, 500_000, 1_000_000, 1_500_000, 2_000_000])
        #expect(server.requests.dropFirst().allSatisfy { $0.fields["if-range"] == Self.tag })
        #expect(told.withLock { $0 }.count == 4)
        #expect(told.withLock { $0 }.allSatisfy { $0.hasPrefix(server.address + "/x.tar: ") })
    }

    @Test("A server that stands still is left, and the rest is asked for anew")
    func stall() throws {
        let server = try LoopbackServer { request, number in
            var reply = LoopbackServer.Reply.part(Self.file, for: request, etag: Self.tag)
            guard number == 0 else { return reply }
            reply.sentCount = 700_000
            reply.silentSeconds = 10
            return reply
        }
        let clock = ContinuousClock()
        let start = clock.now
        let remote = try open(server.address + "/x.tar")
        #expect(try remote.all() == Self.file)
        #expect(clock.now - start < .seconds(8))
        #expect(server.requests.map(\.rangeStart) == [nil, 700_000])
    }

    @Test("A reader who pauses for longer than a server may is not taken for a server that stalls")
    func slowReader() throws {
        let server = try LoopbackServer { _, _ in .file(Self.file, etag: Self.tag) }
        let remote = try open(server.address + "/x.tar")
        let first = try remote.bytes(1_000, at: 0)
        usleep(1_500_000)
        #expect(try first + remote.bytes(Self.file.count, at: 1_000) == Self.file)
        #expect(server.requests.count == 1)
    }

    @Test("What is held ahead of a reader has a limit")
    func readAhead() throws {
        let large = content(40 << 20)
        let sent = Mutex(0)
        let server = try LoopbackServer { _, _ in
            var reply = LoopbackServer.Reply.file(large, etag: Self.tag)
            reply.progress = { count in sent.withLock { $0 = count } }
            return reply
        }
        let remote = try open(server.address + "/x.tar")
        _ = try remote.bytes(1, at: 0)
        // Each reading takes what has come, until there is no room.
        for place in 1..<60 {
            _ = try remote.bytes(1, at: place)
            usleep(10_000)
        }
        // Beside it are the buffers of the kernel, on both sides, and one of libcurl.
        #expect(sent.withLock { $0 } < large.count - (8 << 20), "\(sent.withLock { $0 })")
        #expect(try remote.bytes(large.count, at: 60) == Array(large[60...]))
    }

    @Test("A server that sends no parts is read again from the front, up to the place")
    func ignoresRange() throws {
        let server = try LoopbackServer { _, number in
            let reply = LoopbackServer.Reply.file(Self.file, etag: Self.tag)
            return number < 2 ? reply.breakingOff(after: 900_000 * (number + 1)) : reply
        }
        #expect(try open(server.address + "/x.tar").all() == Self.file)
        #expect(server.requests.map(\.rangeStart) == [nil, 900_000, 1_800_000])
    }

    @Test(
        "A file that changed meanwhile is an error, by whatever it shows",
        arguments: ["part", "whole", "date", "length"])
    func changed(kind: String) throws {
        let server = try LoopbackServer { request, number in
            let isFirst = number == 0
            var bytes = Self.file
            if kind == "length", !isFirst { bytes.removeLast(1_000) }
            var fields = ["Last-Modified: Mon, 0\(isFirst ? 1 : 2) Jan 2024 00:00:00 GMT"]
            if kind == "length" { fields = [] }
            if kind == "part" || kind == "whole" { fields = ["ETag: \"\(isFirst ? "a" : "b")\""] }
            var reply = LoopbackServer.Reply(status: "200 OK", fields: fields, body: bytes)
            if isFirst { return reply.breakingOff(after: 1_000_000) }
            if kind != "whole", let start = request.rangeStart {
                reply.status = "206 Partial Content"
                reply.fields.append(
                    "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)")
                reply.body = Array(bytes[start...])
            }
            return reply
        }
        let remote = try open(server.address + "/x.tar?token=secret")
        let error = remoteError { _ = try remote.all() }
        #expect(error?.code == .changed)
        #expect(
            error?.description.hasPrefix("\(server.address)/x.tar: was changed while") == true,
            "\(String(describing: error))")
    }

    @Test("Nothing is taken twice or left out where a server answers with another part")
    func otherPart() throws {
        let server = try LoopbackServer { request, number in
            let reply = LoopbackServer.Reply.part(Self.file, for: request, etag: Self.tag)
            if number == 0 { return reply.breakingOff(after: 100_000) }
            guard number == 1 else { return reply }
            return .init(
                status: "206 Partial Content",
                fields: ["ETag: \(Self.tag)", "Content-Range: bytes 0-9/\(Self.file.count)"],
                body: Array(Self.file[..<10]))
        }
        #expect(try open(server.address + "/x.tar").all() == Self.file)
        #expect(server.requests.count == 3)
    }

    @Test("A length that is never reached is an error with both numbers")
    func promisedTooMuch() throws {
        let server = try LoopbackServer { request, _ in
            guard request.rangeStart != nil else {
                var reply = LoopbackServer.Reply.file(content(1_000), etag: Self.tag)
                reply.statedLength = "2000"
                return reply
            }
            return .init(
                status: "206 Partial Content",
                fields: ["ETag: \(Self.tag)", "Content-Range: bytes 1000-1999/2000"])
        }
        let remote = try open(server.address + "/x.tar")
        let error = remoteError { _ = try remote.all() }
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("given up after 3 tries") == true)
        #expect(
            error?.message.contains("1000 of 2000 bytes") == true, "\(String(describing: error))")
    }

    @Test(
        "Servers that fail for a moment are asked again", arguments: [500, 502, 503, 504, 429, 408])
    func passing(status: Int) throws {
        let server = try LoopbackServer { request, number in
            number < 2
                ? .empty("\(status) Moment", "Retry-After: 0")
                : .part(Self.file, for: request, etag: Self.tag)
        }
        #expect(try open(server.address + "/x.tar").all() == Self.file)
        #expect(server.requests.count == 3)
    }

    @Test("A server that stays away is given up, and then no longer waited for")
    func givenUp() throws {
        let isDown = Mutex(true)
        let server = try LoopbackServer { _, _ in
            isDown.withLock { $0 } ? .empty("503 Down") : .file(Self.file)
        }
        for number in 0..<5 {
            let before = server.requests.count
            let error = remoteError { _ = try open(server.address + "/\(number).tar?k=secret") }
            #expect(error?.code == .unreachable)
            let text = error?.description ?? ""
            #expect(text.hasPrefix("\(server.address)/\(number).tar: the server answers 503"))
            #expect(text.contains("check the network") && !text.contains("secret"))
            #expect(server.requests.count - before == (number < 3 ? 3 : 1))
        }
        isDown.withLock { $0 = false }
        _ = try open(server.address + "/x").bytes(1, at: 0)
        isDown.withLock { $0 = true }
        let before = server.requests.count
        _ = remoteError { _ = try open(server.address + "/y") }
        #expect(server.requests.count - before == 3)
        let nowhere = remoteError { _ = try open("http://127.0.0.1:1/x.tar") }
        #expect(nowhere?.code == .unreachable)
    }

    @Test("A wait that no one waits for ends the reading at once")
    func longWait() throws {
        let server = try LoopbackServer { _, _ in .empty("503 Later", "Retry-After: 301") }
        let error = remoteError { _ = try open(server.address + "/x") }
        #expect(error?.message.contains("come back in 301 seconds") == true)
        #expect(server.requests.count == 1)
    }

    @Test(
        "Files that are not there or not to be had are asked for once",
        arguments: [
            (404, RemoteError.Code.notFound, "no such file on the server (404)"),
            (410, .notFound, "(410)"), (403, .refused, "a private file needs"),
            (401, .refused, "(401)"), (400, .refused, "refuses it (400)"),
            (418, .refused, "expected the file"), (304, .refused, "(304)"),
        ])
    func refused(status: Int, code: RemoteError.Code, words: String) throws {
        let server = try LoopbackServer { _, _ in .empty("\(status) No") }
        let error = remoteError { _ = try open(server.address + "/x.tar?key=secret") }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        #expect(error?.place == server.address + "/x.tar")
        #expect(server.requests.count == 1)
    }

    @Test("Redirections are followed, each connection anew, and a password stays with its host")
    func redirections() throws {
        let other = try LoopbackServer { request, number in
            let reply = LoopbackServer.Reply.part(Self.file, for: request, etag: Self.tag)
            return number == 0 ? reply.breakingOff(after: 10_000) : reply
        }
        let server = try LoopbackServer { request, _ in
            switch request.path {
            case "/x.tar": .empty("302 Found", "Location: /y.tar")
            case "/y.tar": .empty("307 Temporary Redirect", "Location: \(other.address)/z?sig=1")
            case "/circle": .empty("302 Found", "Location: /circle")
            case "/file": .empty("302 Found", "Location: file:///etc/passwd")
            default: .empty("302 Found")
            }
        }
        let host = server.address.dropFirst("http://".count)
        let remote = try open("http://user:pass@\(host)/x.tar")
        #expect(remote.name == server.address + "/x.tar")
        #expect(try remote.all() == Self.file)
        #expect(server.requests.map(\.path) == ["/x.tar", "/y.tar", "/x.tar", "/y.tar"])
        let basic = "Basic " + Data("user:pass".utf8).base64EncodedString()
        #expect(server.requests.allSatisfy { $0.fields["authorization"] == basic })
        #expect(other.requests.map(\.path) == ["/z?sig=1", "/z?sig=1"])
        #expect(other.requests.allSatisfy { $0.fields["authorization"] == nil })

        let circle = remoteError { _ = try open(server.address + "/circle") }
        #expect(circle?.message.contains("more than 10 redirections") == true)
        #expect(server.requests.filter { $0.path == "/circle" }.count == 11)
        #expect(remoteError { _ = try open(server.address + "/file") }?.code == .untrusted)
        let nowhere = remoteError { _ = try open(server.address + "/nowhere") }
        #expect(nowhere?.code == .refused)
    }

    @Test(
        "Bytes far ahead are asked for, near ones are read up to, earlier ones are asked for again")
    func places() throws {
        let large = content(RemoteFile.readAhead + 3_000_000)
        let server = try LoopbackServer { request, _ in
            .part(large, for: request, etag: Self.tag)
        }
        let remote = try open(server.address + "/x.tar")
        for place in [0, 1_000_000, 2_000_000 + RemoteFile.readAhead, 5] {
            #expect(try remote.bytes(100, at: place) == Array(large[place..<place + 100]))
        }
        #expect(
            server.requests.map(\.rangeStart) == [nil, 2_000_000 + RemoteFile.readAhead, 5])
        #expect(try remote.bytes(100, at: large.count) == [])
    }

    @Test("Whoever waits for a server can be stopped", .timeLimit(.minutes(1)))
    func stopped() throws {
        let server = try LoopbackServer { request, _ in
            var reply = LoopbackServer.Reply.empty("503 No")
            guard request.path == "/silent" else { return reply }
            reply.statedLength = "100"
            reply.silentSeconds = 20
            return reply
        }
        for path in ["/waits", "/silent"] {
            let stops = Mutex(false)
            DispatchQueue.global().asyncAfter(deadline: .now() + 0.5) {
                stops.withLock { $0 = true }
            }
            let error = remoteError {
                _ = try open(server.address + path) { access in
                    access.policy.firstWaitSeconds = 60
                    access.policy.stallSeconds = 60
                    access.policy.attempts = 100
                    access.shouldStop = { stops.withLock { $0 } }
                }
            }
            #expect(error?.code == .stopped)
        }
    }
}

/// Access that does not wait long.
func quickAccess(environment: [String: String] = [:]) -> RemoteAccess {
    var access = RemoteAccess()
    access.environment = environment
    access.policy.firstWaitSeconds = 0.01
    access.policy.attempts = 3
    access.policy.connectSeconds = 5
    access.policy.stallSeconds = 1
    return access
}

func open(
    _ address: String, environment: [String: String] = [:],
    _ change: (inout RemoteAccess) -> Void = { _ in }
) throws -> RemoteFile {
    var access = quickAccess(environment: environment)
    change(&access)
    return try RemoteFile(RemoteAddress(address), access: access)
}

extension RemoteFile {
    /// At most so many bytes from a place on.
    func bytes(_ count: Int, at place: Int) throws -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { memory.deallocate() }
        return Array(memory[..<(try read(into: memory, at: place))])
    }

    /// All bytes, in pieces of an odd size.
    func all() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = try self.bytes(77_777, at: bytes.count)
            bytes += piece
            if piece.count < 77_777 { return bytes }
        }
    }
}

/// The error that a closure throws.
func remoteError(_ body: () throws -> Void) -> RemoteError? {
    do {
        try body()
        return nil
    } catch {
        return error as? RemoteError
    }
}

/// Bytes that differ from place to place.
func content(_ count: Int) -> [UInt8] {
    Array(UInt32(0)..<UInt32(count / 4 + 1)).withUnsafeBytes { Array($0[..<count]) }
}
