internal import CHTTP

/// One GET request, sent by libcurl; redirections are the caller's business.
struct HTTPRequest {
    /// The address, `http` or `https`.
    var url: String
    /// Lines such as `Range: bytes=100-`.
    var headers: [String] = []
    /// How long making a connection may take.
    var connectSeconds = 30
    /// How long a transfer may stand still.
    var stallSeconds = 60

    /// Sends the request and waits for the whole answer.
    ///
    /// - Parameter receiver: Gets the content of an answer with status 200 or 206; that of others
    ///   is passed over.
    /// - Throws: What the receiver throws.
    func send(to receiver: some HTTPReceiver) throws -> HTTPResponse {
        let exchange = Exchange(receiver)
        var result = ch_result()
        var callbacks = ch_callbacks(
            context: Unmanaged.passUnretained(exchange).toOpaque(),
            head: { context, line, length in
                Exchange.at(context)?.head.take(text(line, length))
            },
            body: { context, bytes, length in
                let piece = UnsafeRawBufferPointer(start: bytes, count: length)
                return Exchange.at(context)?.take(piece) == true ? 1 : 0
            },
            go_on: { context in Exchange.at(context)?.shouldStop == false ? 1 : 0 })
        withExtendedLifetime(exchange) {
            withCStrings(headers) { lines in
                url.withCString { url in
                    "evaclip".withCString { agent in
                        var request = ch_request(
                            url: url, headers: lines, user_agent: agent,
                            connect_seconds: connectSeconds, stall_seconds: stallSeconds)
                        ch_perform(&request, &callbacks, &result)
                    }
                }
            }
        }
        if let failure = exchange.failure { throw failure }
        if result.outcome == CH_DONE { try exchange.beginIfNeeded() }
        return HTTPResponse(exchange.head, result)
    }
}

/// What came of a request.
struct HTTPResponse {
    /// How a transfer ended.
    enum Outcome: Sendable {
        case done, unusable, unknownHost, untrusted, broken, stopped
    }

    let head: HTTPHead
    let outcome: Outcome
    /// What the server asks to wait before the next try; 0 where it does not say.
    let retryAfterSeconds: Int
    /// Where a redirection leads; nil where there is none.
    let location: String?
    /// Why it did not succeed, in libcurl's words.
    let reason: String

    fileprivate init(_ head: HTTPHead, _ result: ch_result) {
        var result = result
        self.head = head
        outcome =
            switch result.outcome {
            case CH_DONE: .done
            case CH_UNUSABLE: .unusable
            case CH_UNKNOWN_HOST: .unknownHost
            case CH_UNTRUSTED: .untrusted
            case CH_STOPPED: .stopped
            default: .broken
            }
        retryAfterSeconds = max(0, Int(clamping: result.retry_after_seconds))
        let location = withUnsafeBytes(of: &result.location) { Self.text($0) }
        self.location = location.isEmpty ? nil : location
        reason = withUnsafeBytes(of: &result.reason) { Self.text($0) }
    }

    private static func text(_ field: UnsafeRawBufferPointer) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// A request under way: what libcurl's callbacks reach.
private final class Exchange {
    /// The pages of errors and redirections are read to their end, so that libcurl says where they
    /// lead, but not at any length.
    private static let ignoredLimit = 1 << 20

    private let receiver: any HTTPReceiver
    var head = HTTPHead()
    private(set) var failure: (any Error)?
    private var hasBegun = false
    private var ignoredCount = 0

    init(_ receiver: any HTTPReceiver) { self.receiver = receiver }

    static func at(_ context: UnsafeMutableRawPointer?) -> Exchange? {
        context.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
    }

    var shouldStop: Bool { receiver.shouldStop }

    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard head.status == 200 || head.status == 206 else {
            ignoredCount += bytes.count
            return ignoredCount <= Self.ignoredLimit
        }
        do {
            try beginIfNeeded()
            try receiver.take(bytes)
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// An empty file has a head and no body.
    func beginIfNeeded() throws {
        guard !hasBegun, head.status == 200 || head.status == 206 else { return }
        hasBegun = true
        try receiver.begin(head)
    }
}

private func text(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
}

/// Texts as C sees them: a list that ends with a null pointer.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    let copies = texts.map { Array($0.utf8CString) }
    let all = copies.flatMap { $0 }
    return all.withUnsafeBufferPointer { all in
        var pointers: [UnsafePointer<CChar>?] = []
        var offset = 0
        for copy in copies {
            pointers.append(all.baseAddress.map { $0 + offset })
            offset += copy.count
        }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
