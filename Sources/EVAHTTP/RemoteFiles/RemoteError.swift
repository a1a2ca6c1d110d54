/// Why a file on a server cannot be read, in one line: which, what was expected and got, what helps.
package struct RemoteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of a failure, for programs; the text is for people.
    package enum Code: Sendable {
        /// The address is none, or the environment says something that cannot be used.
        case unusable
        /// The server has no such file.
        case notFound
        /// The server refuses to give it.
        case refused
        /// The server cannot be reached, or the connection broke too often.
        case unreachable
        /// The server cannot be trusted, or sends to an address that cannot.
        case untrusted
        /// The file is another one than it was.
        case changed
        /// Whoever asked wants it no longer.
        case stopped
    }

    /// The kind of the failure.
    package let code: Code
    /// The address, without what is secret in it.
    package let place: String
    /// What was expected and got, and the remedy.
    package let message: String

    /// Describes a failure.
    package init(_ code: Code, _ place: String, _ message: String) {
        self.code = code
        self.place = place
        // What servers say may hold anything.
        self.message = String(message.prefix(1_000).map { $0.isNewline ? " " : $0 })
    }

    /// The whole error as one line.
    package var description: String { "\(place): \(message)" }
}
