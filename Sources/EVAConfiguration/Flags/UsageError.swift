/// A command line that cannot be carried out as it was written (exit code 64).
package struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong; never empty.
    package let problems: [String]

    package init(_ problems: [String]) { self.problems = problems }

    package init(_ problem: String) { problems = [problem] }

    /// One line for each problem.
    package var description: String { problems.joined(separator: "\n") }
}
