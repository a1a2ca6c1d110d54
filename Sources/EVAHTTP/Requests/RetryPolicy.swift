/// How patient a transfer from a server is.
package struct RetryPolicy: Sendable {
    /// Tries in a row that bring nothing new before it gives up.
    package var attempts = 6
    /// The wait after the first failure; each one after is twice as long.
    package var firstWaitSeconds = 1.0
    /// The longest wait, also where a server asks for one.
    package var longestWaitSeconds = 300.0
    /// How long making a connection may take.
    package var connectSeconds = 30
    /// How long a transfer may stand still.
    package var stallSeconds = 60

    package init() {}

    /// The wait after so many failures in a row.
    package func wait(afterFailures count: Int, asked: Int) -> Double {
        let own = firstWaitSeconds * Double(1 << min(count - 1, 16))
        return max(min(own, longestWaitSeconds), Double(asked))
    }
}
