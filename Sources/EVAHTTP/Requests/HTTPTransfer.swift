internal import CHTTP

/// An answer that is taken piece by piece, through libcurl; used by one thread at a time.
///
/// Nothing runs beside the caller: what the server sends meanwhile waits in the kernel, and, from one
/// call to the next, in `readAhead` bytes of the request. Only time that is spent waiting counts
/// against the server, so that a caller who pauses does not break a connection.
final class HTTPTransfer {
    /// The pages of errors and redirections are read to their end, so that libcurl says where they
    /// lead, but not at any length.
    private static let ignoredLimit = 1 << 20
    /// How long a call to libcurl waits, so that a wish to stop is heard.
    private static let slice = 100

    /// The head of the answer; nil before it is whole.
    private(set) var head: HTTPHead?
    private let transfer: OpaquePointer?
    private let stallSeconds: Int
    // Why it ended, where that was not libcurl.
    private var ending: (outcome: HTTPResponse.Outcome, reason: String)?

    /// Begins a request.
    init(_ request: HTTPRequest) {
        stallSeconds = request.stallSeconds
        let credentials = request.signature.map { "\($0.accessKey):\($0.secretKey)" }
        let signature = request.signature.map { "aws:amz:\($0.region):s3" }
        let texts = [request.url, "evaclip", signature, credentials, request.certificates]
        transfer = withCStrings(texts) { texts in
            withCStrings(request.headers) { headers in
                var wanted = ch_request(
                    url: texts[0], headers: headers.baseAddress, user_agent: texts[1],
                    connect_seconds: request.connectSeconds, read_ahead: request.readAhead,
                    signature: texts[2], credentials: texts[3], certificates: texts[4])
                return ch_open(&wanted)
            }
        }
        if transfer == nil { ending = (.unusable, "no memory is left") }
    }

    deinit { ch_close(transfer) }

    /// Takes the next bytes of a body.
    ///
    /// - Parameters:
    ///   - memory: Receives them.
    ///   - shouldStop: Asked before each piece, and while nothing comes.
    /// - Returns: How many they are; 0 when the answer is over, or was broken off.
    func read(into memory: UnsafeMutableRawBufferPointer, shouldStop: () -> Bool) -> Int {
        wait(shouldStop) { transfer in
            ch_read(transfer, memory.baseAddress, memory.count, Int32(Self.slice))
        }
    }

    /// Waits for the head of the answer.
    ///
    /// - Returns: The head; nil when the answer was over before, which `response` explains.
    func waitForHead(shouldStop: () -> Bool) -> HTTPHead? {
        _ = wait(shouldStop) { transfer in
            // Nothing is taken, but what comes is held.
            _ = ch_read(transfer, nil, 0, head == nil ? Int32(Self.slice) : 0)
            return head == nil ? 0 : 1
        }
        return head
    }

    /// Takes what is left of a page that is no content.
    ///
    /// - Returns: Its beginning.
    func rest(shouldStop: () -> Bool) -> [UInt8] {
        var page: [UInt8] = []
        var passed = 0
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while passed <= Self.ignoredLimit {
            let count = piece.withUnsafeMutableBytes { read(into: $0, shouldStop: shouldStop) }
            guard count > 0 else { break }
            passed += count
            if page.count < piece.count { page += piece[..<count] }
        }
        return page
    }

    /// What came of the request, once it is over.
    var response: HTTPResponse {
        var response = HTTPResponse()
        response.head = head ?? HTTPHead()
        guard let transfer, ending == nil else {
            response.outcome = ending?.outcome ?? .unusable
            response.reason = ending?.reason ?? ""
            return response
        }
        var result = ch_result()
        ch_get_result(transfer, &result)
        response.outcome =
            switch result.outcome {
            case CH_DONE: .done
            case CH_UNUSABLE: .unusable
            case CH_UNKNOWN_HOST: .unknownHost
            case CH_UNTRUSTED: .untrusted
            default: .broken
            }
        response.retryAfterSeconds = max(0, Int(clamping: result.retry_after_seconds))
        let location = withUnsafeBytes(of: &result.location) { Self.text($0) }
        response.location = location.isEmpty ? nil : location
        response.reason = withUnsafeBytes(of: &result.reason) { Self.text($0) }
        return response
    }

    private var isOver: Bool { ending != nil || ch_is_over(transfer) != 0 }

    /// Calls libcurl until there is something, or the answer is over.
    private func wait(_ shouldStop: () -> Bool, _ call: (OpaquePointer) -> Int) -> Int {
        let clock = ContinuousClock()
        let start = clock.now
        while let transfer, !isOver {
            guard !shouldStop() else {
                ending = (.stopped, "stopped")
                break
            }
            let count = call(transfer)
            noteHead(transfer)
            if count > 0 { return count }
            if !isOver, clock.now - start > .seconds(stallSeconds) {
                ending = (.broken, "nothing came for \(stallSeconds) seconds")
            }
        }
        return 0
    }

    private func noteHead(_ transfer: OpaquePointer) {
        guard head == nil else { return }
        var length = 0
        guard let lines = ch_head(transfer, &length) else { return }
        let text = String(
            decoding: UnsafeRawBufferPointer(start: lines, count: length), as: UTF8.self)
        let found = HTTPHead(lines: text)
        // Those below 200 announce another.
        if found.status >= 200 { head = found }
    }

    private static func text(_ field: UnsafeRawBufferPointer) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// Texts as C sees them: a list that ends with a null pointer, with others for texts that are nil.
private func withCStrings<Result>(
    _ texts: [String?], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let copies = texts.map { $0.map { Array($0.utf8CString) } }
    let all = copies.flatMap { $0 ?? [] }
    return all.withUnsafeBufferPointer { all in
        var pointers: [UnsafePointer<CChar>?] = []
        var offset = 0
        for copy in copies {
            pointers.append(copy == nil ? nil : all.baseAddress.map { $0 + offset })
            offset += copy?.count ?? 0
        }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer(body)
    }
}
