import EVADownloads
import EVAHTTP
import EVATestSupport
import Foundation
import Testing

@Suite("Servers that lie")
struct HostileServerTests {
    private static let file = content(1_000)

    @Test(
        "Whatever a server says of the length, nothing traps, and no more is taken than it has",
        arguments: [
            "9223372036854775807", "9223372036854775808", "99999999999999999999999", "-1",
            "-9223372036854775808", "4611686018427387904", "1e3", "0x3E8", "+1000", " ", "many",
            "1000, 1000", "1000\r\nContent-Length: 9223372036854775807",
        ])
    func lengths(stated: String) throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { _, _ in
            var reply = LoopbackServer.Reply.file(Self.file, etag: "\"a\"")
            reply.statedLength = stated
            return reply
        }
        for copies in [0, 1, Int.max] {
            var download = folder.download(server.address + "/x")
            download.unpackedCopies = copies
            let text = failure { try download() }
            // What libcurl reads as no length at all leaves a file of what came.
            #expect((text == "") == folder.names.contains("file"), "\(text)")
            #expect(folder.bytes("file").map { $0 == Self.file } ?? true)
            try? FileManager.default.removeItem(atPath: folder.path + "/file")
        }
    }

    @Test("More than the disk or the kind of file can hold is refused before a byte is written")
    func tooLarge() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            var reply = LoopbackServer.Reply.file(Self.file)
            reply.statedLength = request.path == "/huge" ? "9223372036854775807" : "68719476736"
            return reply
        }
        let huge = failure { try folder.download(server.address + "/huge")() }
        #expect(huge.contains("9223372036854775807 bytes, expected at most 68719476736"), "\(huge)")
        var download = folder.download(server.address + "/large")
        download.unpackedCopies = 1_000_000_000
        let large = failure { try download() }
        #expect(large.contains("needs 9223372036855 MB"), "\(large)")
        #expect(folder.names == [])
    }

    @Test("A body without a length has a limit")
    func unstated() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            guard request.path == "/chunked" else {
                var reply = LoopbackServer.Reply.file(Self.file)
                reply.statedLength = ""
                return reply
            }
            let chunk = Array("3e8\r\n".utf8) + Self.file + Array("\r\n".utf8)
            var reply = LoopbackServer.Reply(
                status: "200 OK", fields: ["Transfer-Encoding: chunked"],
                body: chunk + chunk + Array("0\r\n\r\n".utf8))
            reply.statedLength = ""
            return reply
        }
        for path in ["/chunked", "/closed"] {
            var download = folder.download(server.address + path)
            download.largestSize = 999
            let text = failure { try download() }
            #expect(text.contains("does not say how long") && text.contains("999 bytes"), "\(text)")
            #expect(!folder.names.contains("file"))
            download.largestSize = 2_000
            try download()
            #expect(
                folder.bytes("file") == (path == "/chunked" ? Self.file + Self.file : Self.file))
            try FileManager.default.removeItem(atPath: folder.path + "/file")
        }
    }

    @Test(
        "A part that contradicts itself or the question is not joined to what is here",
        arguments: [
            "bytes 400-999/9223372036854775807", "bytes 400-9223372036854775807/*",
            "bytes 9223372036854775807-9223372036854775807/9223372036854775807",
            "bytes 400-399/1000", "bytes 400-1000/1000", "bytes -400-999/1000", "bytes 400-999/-1",
            "bytes 0-999/1000", "bytes 400/1000", "bytes 400-999", "bytes */1000", "bytes", "",
            "items 400-999/1000", "bytes 400-999/1000/1000", "bytes 400-999/99999999999999999999",
        ])
    func ranges(range: String) throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, number in
            if number == 0 { return .file(Self.file, etag: "\"a\"").breakingOff(after: 400) }
            guard request.rangeStart != nil else { return .file(Self.file, etag: "\"a\"") }
            return .init(
                status: "206 Partial Content", fields: ["ETag: \"a\"", "Content-Range: \(range)"],
                body: [UInt8](repeating: 0, count: 600))
        }
        let text = failure { try folder.download(server.address + "/x")() }
        // Whoever says 400-.../* may send the rest; the zeros are then what the server has.
        let joins = range.hasSuffix("/*") && range.hasPrefix("bytes 400")
        #expect(
            folder.bytes("file") == Self.file || joins || text != "", "\(text): \(folder.names)")
        #expect(joins || folder.bytes("file").map { $0 == Self.file } ?? true)
    }

    @Test("Absurd words of the hub about size and digest are passed over or refused")
    func statements() throws {
        for field in [
            "X-Linked-Size: 9223372036854775807", "X-Linked-Size: -1", "X-Linked-Size: many",
            "X-Linked-Etag: \"zz\"", "Retry-After: 9223372036854775807", "Retry-After: -5",
        ] {
            let folder = try DownloadFolder()
            let server = try LoopbackServer { request, _ in
                request.path == "/x"
                    ? .empty("302 Found", field, "Location: /blob") : .file(Self.file)
            }
            let text = failure { try folder.download(server.address + "/x")() }
            #expect(text == "" || field.hasSuffix("Size: 9223372036854775807"), "\(field): \(text)")
        }
    }

    @Test("A wait that no one waits for ends the download")
    func longWait() throws {
        let folder = try DownloadFolder()
        for wait in ["9223372036854775807", "301"] {
            let server = try LoopbackServer { _, _ in .empty("503 No", "Retry-After: \(wait)") }
            let text = failure { try folder.download(server.address + "/x")() }
            #expect(text.contains("come back in") || text.contains("given up"), "\(text)")
        }
    }

    @Test("A step from https to http is refused, and so is any other scheme")
    func redirections() throws {
        for (url, location, word) in [
            ("https://a/x?s=1", "http://b/y?s=2", "redirects from https to http://b/y, which"),
            ("HTTPS://a/x", "HTTP://a/x", "redirects from https"),
            ("https://a/x", "ftp://b/y", "expected http or https"),
            ("http://a/x", "file:///etc/passwd", "expected http or https"),
        ] {
            let text = failure { _ = try Redirection.target(of: url, location: location) }
            #expect(text.contains(word) && !text.contains("s="), "\(text)")
        }
        #expect(failure { _ = try Redirection.target(of: "https://a", location: nil) } != "")
        for (url, location) in [
            ("http://a/x", "https://b/y?s=1"), ("https://a/x", "https://b/y"),
            ("http://a", "http://b"),
        ] {
            #expect(try Redirection.target(of: url, location: location) == location)
        }
    }
}
