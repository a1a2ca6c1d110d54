/// One GET request; redirections are the caller's business.
package struct HTTPRequest: Sendable {
    /// How AWS has a request signed, and by whom.
    package struct Signature: Sendable {
        /// Such as `eu-west-1`.
        var region: String
        var accessKey: String
        var secretKey: String
    }

    /// The address, `http` or `https`.
    package var url: String
    /// Lines such as `Range: bytes=100-`.
    package var headers: [String] = []
    /// How long making a connection may take.
    package var connectSeconds = 30
    /// How long a transfer may stand still.
    package var stallSeconds = 60
    /// The most bytes that are held for whoever takes them.
    var readAhead = 1 << 20
    /// Version 4 of AWS's signature; nil for none.
    var signature: Signature?
    /// A file of the certificates that are trusted; nil for those of the environment or the system.
    var certificates: String?

    package init(url: String) { self.url = url }

    /// Sends the request and waits for the whole answer.
    ///
    /// - Parameter receiver: Gets the content of an answer with status 200 or 206; that of others
    ///   is passed over.
    /// - Throws: What the receiver throws.
    package func send(to receiver: some HTTPReceiver) throws -> HTTPResponse {
        let transfer = HTTPTransfer(self)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { piece.deallocate() }
        let shouldStop = { receiver.shouldStop }
        guard let head = transfer.waitForHead(shouldStop: shouldStop) else {
            return transfer.response
        }
        guard head.hasContent else {
            _ = transfer.rest(shouldStop: shouldStop)
            return transfer.response
        }
        try receiver.begin(head)
        while true {
            let count = transfer.read(into: piece, shouldStop: shouldStop)
            guard count > 0 else { return transfer.response }
            try receiver.take(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
    }
}
