internal import Foundation

/// How files on servers are asked for.
package struct RemoteAccess: Sendable {
    /// How patient it is; a run that reads for days waits out two minutes of anything.
    package var policy: RetryPolicy
    /// The variables that say who asks, and where stores are.
    package var environment: [String: String]
    /// Asked while it waits; true ends the reading.
    package var shouldStop: @Sendable () -> Bool
    /// Told of an address and of what is tried again there.
    package var report: @Sendable (_ place: String, _ reason: String) -> Void

    /// Access as this process has it; its threads stop where they are cancelled.
    package init(
        report: @escaping @Sendable (_ place: String, _ reason: String) -> Void = { _, _ in }
    ) {
        policy = RetryPolicy()
        policy.attempts = 8
        environment = ProcessInfo.processInfo.environment
        shouldStop = { Thread.current.isCancelled }
        self.report = report
    }
}
