internal import CTorch

/// A failure that libtorch reported, or something asked of it that this machine cannot give.
package struct TorchError: Error, CustomStringConvertible {
    /// Whose failure it is.
    package enum Kind: Sendable {
        /// Ours: a shape, a dtype or an argument that the operator does not take.
        case program
        /// The memory of the machine or of the device is used up.
        case memory
        /// The processor or the GPU has no code for the operator.
        case unsupported
        /// The GPU failed or went away.
        case device

        /// The kind as the C boundary spells it.
        var code: ct_failure_kind {
            switch self {
            case .program: CT_FAILURE_PROGRAM
            case .memory: CT_FAILURE_MEMORY
            case .unsupported: CT_FAILURE_UNSUPPORTED
            case .device: CT_FAILURE_DEVICE
            }
        }
    }

    /// Whose failure it is.
    package let kind: Kind
    /// One line: the operation, what it was given, and what libtorch said.
    package let description: String

    /// Whether something outside of the program can cause it.
    var isFromOutside: Bool { kind != .program }

    package init(_ description: String, kind: Kind = .program) {
        self.description = description
        self.kind = kind
    }

    /// Turns a message of the C boundary, which is freed here, into an error.
    static func check(
        _ message: UnsafeMutablePointer<CChar>?, _ operation: @autoclosure () -> String
    ) throws(TorchError) {
        guard let message else { return }
        defer { ct_free_message(message) }
        let text = String(cString: message + 1)
        let firstLine = text.prefix { $0 != "\n" }
        switch ct_failure_kind(rawValue: UInt32(UInt8(bitPattern: message[0]))) {
        case CT_FAILURE_MEMORY:
            throw TorchError("out of memory: \(firstLine)", kind: .memory)
        case CT_FAILURE_UNSUPPORTED:
            throw TorchError(
                "\(operation()): not possible on this processor: \(firstLine)", kind: .unsupported)
        case CT_FAILURE_DEVICE:
            throw TorchError("\(operation()): the device failed: \(firstLine)", kind: .device)
        default:
            throw TorchError("\(operation()): \(text)")
        }
    }

    /// As `check`, for calls that can only fail through a mistake of our own, which traps, or from
    /// outside, which ends the present `FailureScope`.
    static func require(
        _ message: UnsafeMutablePointer<CChar>?, _ operation: @autoclosure () -> String
    ) {
        do {
            try check(message, operation())
        } catch {
            FailureScope.note(error)
        }
    }
}
