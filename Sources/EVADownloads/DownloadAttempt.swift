internal import EVAHTTP
internal import Foundation

/// One try to bring what is missing of a file, redirections followed.
final class DownloadAttempt: HTTPReceiver {
    /// What came of a try that another one may follow.
    enum Result {
        /// Every byte that the server has is here.
        case whole
        /// What is here is of another version than what the server has now.
        case changed(String)
        /// The connection, or the server for the moment; with the seconds that it asks to wait.
        case broken(String, waitSeconds: Int)
    }

    private let download: Download
    private let part: PartialFile
    private let stops: () -> Bool
    private let report: (DownloadEvent) -> Void
    // The length of the whole file, where the answer states it.
    private var total: Int?
    // The most bytes that the file may have.
    private var limit = 0
    private var changeFound: String?
    // What the first server of a chain says about the file that another one will send.
    private var stated = PartialFile.Origin(url: "")
    private var hasReceived = false

    init(
        _ download: Download, _ part: PartialFile, shouldStop: @escaping () -> Bool,
        report: @escaping (DownloadEvent) -> Void
    ) {
        self.download = download
        self.part = part
        stops = shouldStop
        self.report = report
    }

    static func stopped(_ url: String) -> DownloadError {
        DownloadError(
            .stopped, url, "stopped; what has come is kept, the same command goes on from there")
    }

    /// Asks the server for what is missing.
    ///
    /// - Throws: `DownloadError` for what another try would not mend.
    func run() throws -> Result {
        if part.length > 0, let obstacle = obstacleToResuming { return .changed(obstacle) }
        if part.length > 0, part.length == part.origin?.length { return .whole }
        total = nil
        changeFound = nil
        var url = download.url
        for _ in 0...Redirection.limit {
            let response: HTTPResponse
            do {
                response = try request(for: url).send(to: self)
            } catch is Changed {
                return .changed(changeFound ?? "")
            }
            guard !stops() else { throw Self.stopped(download.url) }
            noteStatements(of: response.head)
            guard [301, 302, 303, 307, 308].contains(response.head.status) else {
                return try judge(response)
            }
            do throws(RemoteError) {
                url = try Redirection.target(of: url, location: response.location)
            } catch {
                throw DownloadError(
                    error.code == .untrusted ? .untrusted : .refused, error.place, error.message)
            }
        }
        throw DownloadError(
            .refused, download.url,
            "more than \(Redirection.limit) redirections, the last to \(Redirection.shown(url))"
        )
    }

    // MARK: The request

    /// Why what is here cannot be gone on with.
    private var obstacleToResuming: String? {
        guard let origin = part.origin, origin.url == download.url else {
            return "the bytes that are here came from another address"
        }
        if let length = origin.length ?? download.expectedSize, part.length > length {
            return "more bytes are here than the file has"
        }
        // Without one of these nobody would notice that two versions were joined.
        let isCheckable =
            origin.validator != nil || origin.sha256 != nil || download.expectedDigest != nil
        return isCheckable ? nil : "the server does not say which version of the file it sends"
    }

    private func request(for url: String) throws(DownloadError) -> HTTPRequest {
        var request = HTTPRequest(url: url)
        request.connectSeconds = download.policy.connectSeconds
        request.stallSeconds = download.policy.stallSeconds
        if part.length > 0 {
            request.headers.append("Range: bytes=\(part.length)-")
            if let validator = part.origin?.validator {
                request.headers.append("If-Range: \(validator)")
            }
        }
        if let token = download.token,
            Redirection.server(url) == Redirection.server(download.url)
        {
            guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw DownloadError(
                    .refused, Redirection.shown(url),
                    "the access token holds blanks or control characters"
                )
            }
            request.headers.append("Authorization: Bearer \(token)")
        }
        return request
    }

    // MARK: The answer

    var shouldStop: Bool { stops() }

    private struct Changed: Error {}

    func begin(_ head: HTTPHead) throws {
        noteStatements(of: head)
        let version = PartialFile.Origin(
            url: download.url, etag: head["etag"], lastModified: head["last-modified"])
        if head.status == 206 {
            guard let range = head.contentRange, range.first == part.length else {
                throw changed("the server sends another part than the one asked for")
            }
            total = range.total
            let known = part.origin
            guard known?.etag == version.etag || known?.etag == nil || version.etag == nil,
                known?.length == nil || total == nil || known?.length == total
            else { throw changed("the file on the server has changed") }
        } else {
            if part.length > 0 {
                report(
                    .restarting(
                        reason: part.origin?.etag == version.etag
                            ? "the server sends no parts" : "the file on the server has changed"))
                try part.reset()
            }
            total = head.count("content-length")
            if total == nil, let words = head["content-length"] {
                throw DownloadError(
                    .refused, download.url,
                    "the server states the length \"\(words.prefix(40))\"; expected a number of bytes"
                )
            }
        }
        total = total ?? stated.length
        try checkSize()
        limit = total ?? download.expectedSize ?? largestUnstated
        var origin = version
        origin.length = total
        origin.sha256 = stated.sha256
        try part.setOrigin(origin)
        hasReceived = true
        report(.received(part.length, of: total))
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        guard part.length.saturating(plus: bytes.count) <= limit else {
            throw DownloadError(
                .mismatch, download.url,
                total == nil && download.expectedSize == nil
                    ? "the server does not say how long the file is, and sends more than the "
                        + "\(limit) bytes that are taken"
                    : "the server sends more than the \(limit) bytes that the file must have")
        }
        try part.append(bytes)
        report(.received(part.length, of: total))
    }

    private func changed(_ reason: String) -> Changed {
        changeFound = reason
        return Changed()
    }

    private func checkSize() throws(DownloadError) {
        if let total, let expected = download.expectedSize ?? stated.length, total != expected {
            throw DownloadError(
                .mismatch, download.url,
                "the server has a file of \(total) bytes, expected \(expected); the address may "
                    + "hold another file now")
        }
        guard let total = total ?? download.expectedSize else { return }
        guard download.expectedSize != nil || total <= download.largestSize else {
            throw DownloadError(
                .mismatch, download.url,
                "the server has a file of \(total) bytes, expected at most \(download.largestSize); "
                    + "the address may hold another file now")
        }
        let copies = total.saturating(times: download.unpackedCopies)
        try FreeSpace.require(
            max(0, total - part.length).saturating(plus: copies), in: folder,
            for: "what is missing of \((download.path as NSString).lastPathComponent)")
    }

    /// The folder that the file goes to.
    private var folder: String {
        let folder = (download.path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    /// The most that is taken of a file whose length nobody states.
    private var largestUnstated: Int {
        min(
            download.largestSize,
            FreeSpace.available(in: folder).map { $0.saturating(plus: part.length) } ?? .max)
    }

    /// The hub's servers say before they redirect how long a large file is and what its digest is.
    private func noteStatements(of head: HTTPHead) {
        if let length = head.count("x-linked-size") { stated.length = length }
        guard let etag = head["x-linked-etag"] else { return }
        let digits = etag.filter { $0 != "\"" }
        if digits.count == 64, digits.allSatisfy(\.isHexDigit) { stated.sha256 = digits }
    }

    private func judge(_ response: HTTPResponse) throws -> Result {
        let status = response.head.status
        switch status {
        case 200, 206: return try judgeTransfer(response)
        case 0: return try judgeTransfer(response)
        case 416: return .changed("the server has no such part of the file")
        case 408, 425, 429, 500, 502, 503, 504:
            return .broken(
                "the server answers \(status)", waitSeconds: response.retryAfterSeconds)
        case 404, 410:
            throw DownloadError(.notFound, download.url, "no such file on the server (\(status))")
        case 401, 403:
            throw DownloadError(
                .refused, download.url,
                "the server refuses access (\(status)); a private or gated file needs an access "
                    + "token")
        default:
            throw DownloadError(
                .refused, download.url, "the server answers \(status); expected the file")
        }
    }

    private func judgeTransfer(_ response: HTTPResponse) throws(DownloadError) -> Result {
        switch response.outcome {
        case .done:
            guard let total, part.length < total else { return .whole }
            return .broken(
                "the server sent \(part.length) of \(total) bytes", waitSeconds: 0)
        case .broken: return .broken(response.reason, waitSeconds: 0)
        case .unknownHost:
            // In the middle of a transfer this passes; at its start the name or the network is wrong.
            guard !hasReceived else { return .broken(response.reason, waitSeconds: 0) }
            throw DownloadError(
                .unreachable, download.url, "\(response.reason); check the network and the proxy")
        case .untrusted: throw DownloadError(.untrusted, download.url, response.reason)
        case .unusable, .stopped:
            throw DownloadError(.unreachable, download.url, response.reason)
        }
    }
}
