internal import CTorch
internal import Synchronization

/// Errors of backward functions in Swift on their way through libtorch, which carries text alone.
///
/// What crosses is a number; the error waits here for whoever started backward.
final class ErrorRelay: Sendable {
    static let shared = ErrorRelay()

    private struct State {
        var next = 0
        var waiting: [Int: any Error] = [:]
    }

    private let state = Mutex(State())

    /// The message by which `receive` finds the error again.
    func send(_ error: any Error) -> UnsafeMutablePointer<CChar>? {
        let number = state.withLock { state in
            defer { state.next += 1 }
            state.waiting[state.next] = error
            return state.next
        }
        return ct_failure(CT_FAILURE_RELAYED, "\(number)")
    }

    /// The error that a message stands for; nil for any other message.
    func receive(_ message: UnsafeMutablePointer<CChar>?) -> (any Error)? {
        guard let message,
            ct_failure_kind(rawValue: UInt32(UInt8(bitPattern: message[0]))) == CT_FAILURE_RELAYED,
            let number = Int(String(cString: message + 1))
        else { return nil }
        return state.withLock { $0.waiting.removeValue(forKey: number) }
    }
}
