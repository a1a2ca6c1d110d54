/// What stops an evaluation or a report, in one line: what, expected, got, remedy.
public struct EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The whole error as one line.
    public let description: String

    /// Describes a failure.
    ///
    /// - Parameter description: What is wrong and what helps, in one line.
    public init(_ description: String) {
        self.description = description
    }
}
