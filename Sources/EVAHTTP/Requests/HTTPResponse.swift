/// What came of a request.
package struct HTTPResponse: Sendable {
    /// How a transfer ended.
    package enum Outcome: Sendable {
        case done, unusable, unknownHost, untrusted, broken, stopped
    }

    package var head = HTTPHead()
    package var outcome = Outcome.done
    /// What the server asks to wait before the next try; 0 where it does not say.
    package var retryAfterSeconds = 0
    /// Where a redirection leads; nil where there is none.
    package var location: String?
    /// Why it did not succeed, in libcurl's words.
    package var reason = ""
}
