internal import CTorch

/// A failure that libtorch reported, or something asked of it that this machine cannot give.
package struct TorchError: Error, CustomStringConvertible {
    /// One line: the operation, what it was given, and what libtorch said.
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// Turns a message of the C boundary, which is freed here, into an error.
    static func check(
        _ message: UnsafeMutablePointer<CChar>?, _ operation: @autoclosure () -> String
    )
        throws
    {
        guard let message else { return }
        defer { ct_free_message(message) }
        throw TorchError("\(operation()): \(String(cString: message))")
    }

    /// As `check`, for calls that can only fail through a mistake of our own: traps.
    static func require(
        _ message: UnsafeMutablePointer<CChar>?, _ operation: @autoclosure () -> String
    ) {
        do {
            try check(message, operation())
        } catch {
            fatalError("\(error)")
        }
    }
}
