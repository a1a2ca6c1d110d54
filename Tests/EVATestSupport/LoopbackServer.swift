internal import Foundation
internal import Synchronization

/// A web server on the loopback address that answers as a test wants, also wrongly.
package final class LoopbackServer: Sendable {
    /// What a client asked for.
    package struct Request: Sendable {
        package let path: String
        /// By name, in lower case.
        package let fields: [String: String]

        package init(path: String, fields: [String: String]) {
            self.path = path
            self.fields = fields
        }

        /// The first byte that is asked for.
        package var rangeStart: Int? {
            fields["range"].flatMap { $0.split(separator: "=").last }
                .flatMap { $0.split(separator: "-").first }.flatMap { Int($0) }
        }
    }

    /// The bytes that go back; the connection is closed after them.
    package struct Reply: Sendable {
        package var status: String
        package var fields: [String] = []
        package var body: [UInt8] = []
        /// What the head says of the body's length; nil for the truth, "" for nothing.
        package var statedLength: String?
        /// How many bytes of the body are sent before the connection breaks.
        package var sentCount: Int?
        /// How long the connection stays open, silent, after the last byte.
        package var silentSeconds = 0.0
        /// Told how many bytes of all the kernel has taken.
        package var progress: (@Sendable (Int) -> Void)?

        package init(status: String, fields: [String] = [], body: [UInt8] = []) {
            self.status = status
            self.fields = fields
            self.body = body
        }

        package static func file(_ bytes: [UInt8], etag: String? = nil) -> Reply {
            Reply(status: "200 OK", fields: etag.map { ["ETag: \($0)"] } ?? [], body: bytes)
        }

        /// A part where one is asked for, as servers do that know how.
        package static func part(_ bytes: [UInt8], for request: Request, etag: String) -> Reply {
            guard let start = request.rangeStart, start < bytes.count,
                request.fields["if-range"] ?? etag == etag
            else { return .file(bytes, etag: etag) }
            return Reply(
                status: "206 Partial Content",
                fields: [
                    "ETag: \(etag)",
                    "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)",
                ], body: Array(bytes[start...]))
        }

        package static func empty(_ status: String, _ fields: String...) -> Reply {
            Reply(status: status, fields: fields)
        }

        package func breakingOff(after count: Int) -> Reply {
            var copy = self
            copy.sentCount = count
            return copy
        }
    }

    /// Such as `http://127.0.0.1:43210`.
    package let address: String
    private let listener: Int32
    private let log = Mutex<[Request]>([])
    private let answer: @Sendable (Request, Int) -> Reply

    /// Starts a server.
    ///
    /// - Parameter answer: What it says to a request, given how many came before.
    package init(_ answer: @escaping @Sendable (Request, Int) -> Reply) throws {
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        address = "http://127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let self else { return _ = close(connection) }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// What was asked for so far.
    package var requests: [Request] { log.withLock { $0 } }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        guard let request = Self.read(connection) else { return }
        let number = log.withLock { log in
            log.append(request)
            return log.count - 1
        }
        let reply = answer(request, number)
        var head = "HTTP/1.1 \(reply.status)\r\nConnection: close\r\n"
        let length = reply.statedLength ?? "\(reply.body.count)"
        if !length.isEmpty { head += "Content-Length: \(length)\r\n" }
        for field in reply.fields { head += field + "\r\n" }
        let body = reply.body.prefix(reply.sentCount ?? reply.body.count)
        Self.write(Array((head + "\r\n").utf8) + body, to: connection, progress: reply.progress)
        if reply.silentSeconds > 0 { usleep(UInt32(reply.silentSeconds * 1e6)) }
        shutdown(connection, Int32(SHUT_WR))
    }

    private static func read(_ connection: Int32) -> Request? {
        var text = ""
        var byte: UInt8 = 0
        while !text.hasSuffix("\r\n\r\n") {
            guard recv(connection, &byte, 1, 0) == 1 else { return nil }
            text.unicodeScalars.append(Unicode.Scalar(byte))
        }
        var lines = text.components(separatedBy: "\r\n")[...]
        let path = lines.removeFirst().split(separator: " ").dropFirst().first.map(String.init)
        var fields: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] = line[line.index(after: colon)...]
                .trimmingCharacters(in: .whitespaces)
        }
        return Request(path: path ?? "", fields: fields)
    }

    private static func write(
        _ bytes: [UInt8], to connection: Int32, progress: (@Sendable (Int) -> Void)?
    ) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(connection, $0.baseAddress, min($0.count, 1 << 18), Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
            progress?(bytes.count - rest.count)
        }
    }
}
