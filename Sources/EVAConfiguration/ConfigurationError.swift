/// A configuration, or a file that holds one, that cannot be used: every problem found in it.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where the configuration came from: a path, or words such as "the model of this run".
    public let source: String

    /// What is wrong; never empty.
    public let problems: [ConfigurationProblem]

    /// Creates an error from the problems found.
    ///
    /// - Parameters:
    ///   - source: Where the configuration came from.
    ///   - problems: What is wrong with it.
    public init(source: String, problems: [ConfigurationProblem]) {
        self.source = source
        self.problems = problems
    }

    /// Creates an error of one problem.
    ///
    /// - Parameters:
    ///   - source: Where the configuration came from.
    ///   - keyPath: The place inside it; empty for the whole.
    ///   - message: What is wrong there.
    public init(source: String, keyPath: String = "", message: String) {
        self.init(
            source: source, problems: [ConfigurationProblem(keyPath: keyPath, message: message)])
    }

    /// One line for one problem; a heading and a line each for several.
    public var description: String {
        if problems.count == 1 { return "\(source): \(problems[0])" }
        return "\(source): \(problems.count) problems\n"
            + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}
