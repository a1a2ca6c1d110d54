/// What a download tells of itself.
package enum DownloadEvent: Sendable, Equatable {
    /// Another process brings the same file; this one waits for it.
    case waiting
    /// Bytes that are here, of how many where the server says so.
    case received(Int, of: Int?)
    /// The transfer broke and is taken up again after some seconds.
    case retrying(reason: String, seconds: Double)
    /// What was here is of no use, and the file is brought from its beginning.
    case restarting(reason: String)
    /// Bytes whose digest is taken, of how many.
    case verifying(Int, of: Int)
}
