internal import Synchronization

/// Runs computations and throws what goes wrong in them from outside: memory that is used up, a
/// processor or GPU that lacks an operator or fails, ranks that do not come (`notingFailure`).
///
/// Tensor expressions do not throw (ADR 0004). The first such failure is noted, and until `body`
/// ends nothing is computed any more: operators give tensors of the right shape on the meta device,
/// in-place operators change nothing, and what is read back is zero. So no value of a failed
/// computation leaves the scope but through what `body` itself does with what it has read.
/// Without a scope a failure traps, as a mistake of our own does everywhere.
///
/// Inside a scope that has failed already, another throws that failure and does not begin.
///
/// - Throws: the first failure from outside, a `TorchError` where libtorch reported it; otherwise
///   what `body` throws.
package func throwingTorchFailures<Value>(_ body: () throws -> Value) throws -> Value {
    if let failure = FailureScope.current?.failure { throw failure }
    let scope = FailureScope()
    let result = Result { try FailureScope.$current.withValue(scope, operation: body) }
    if let failure = scope.failure { throw failure }
    return try result.get()
}

/// Throws the present scope's failure, where it has one, before its results are sent to others.
package func throwPresentTorchFailure() throws {
    if let failure = FailureScope.current?.failure { throw failure }
}

/// Runs what can fail from outside amid computations that do not throw, such as a collective.
///
/// What `body` throws becomes the present scope's failure, for `throwingTorchFailures` to throw at
/// its end. Nothing is run where the scope has failed already. Without a scope a failure traps.
///
/// - Parameter fallback: stands in for the result where there is none.
package func notingFailure<Value>(
    _ body: () throws -> Value, else fallback: @autoclosure () -> Value
) -> Value {
    do {
        try throwPresentTorchFailure()
        return try body()
    } catch {
        FailureScope.note(error)
        return fallback()
    }
}

/// What `throwingTorchFailures` keeps while its body runs.
final class FailureScope: Sendable {
    @TaskLocal static var current: FailureScope?

    private let first = Mutex<(any Error)?>(nil)

    /// The first failure from outside.
    var failure: (any Error)? { first.withLock { $0 } }

    /// Whether the present scope has failed, so that nothing is to be computed.
    static var hasFailed: Bool { current?.failure != nil }

    /// Keeps a failure from outside for the end of the present scope; traps for any other.
    static func note(_ error: any Error) {
        let isOurs = (error as? TorchError).map { !$0.isFromOutside } ?? false
        guard let current, !isOurs else { fatalError("\(error)") }
        current.first.withLock { $0 = $0 ?? error }
    }
}
