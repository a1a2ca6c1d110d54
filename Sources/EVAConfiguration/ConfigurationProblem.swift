/// One thing that is wrong with a configuration, and where.
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// The place inside the configuration, such as `vision_cfg.layers`; empty for the whole.
    public let keyPath: String

    /// What was expected, what was found, and what to do.
    public let message: String

    /// Creates a problem.
    ///
    /// - Parameters:
    ///   - keyPath: The place inside the configuration.
    ///   - message: What is wrong there.
    public init(keyPath: String, message: String) {
        self.keyPath = keyPath
        self.message = message
    }

    /// The key path and the message, on one line.
    public var description: String { keyPath.isEmpty ? message : "\(keyPath): \(message)" }
}
