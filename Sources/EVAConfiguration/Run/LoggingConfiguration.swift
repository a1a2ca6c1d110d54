/// What a run tells about itself, and how often.
public struct LoggingConfiguration: Codable, Sendable, Equatable {
    /// When a line is written.
    public enum Strategy: String, Codable, Sendable, CaseIterable {
        /// Never.
        case none = "no"
        /// Every so many steps.
        case steps
        /// At the end of every epoch.
        case epoch
    }

    /// When a line is written.
    public var strategy: Strategy

    /// Steps from line to line.
    public var everySteps: Int

    /// Whether the first step has a line of its own.
    public var logsFirstStep: Bool

    /// Whether TensorBoard event files are written.
    public var writesTensorBoard: Bool

    /// Their folder; nil for `tensorboard` in the run's folder.
    public var tensorBoardDirectory: String?

    /// Whether a progress bar may be drawn on a terminal.
    public var showsProgress: Bool

    /// Creates the original's defaults.
    public init() {
        strategy = .steps
        everySteps = 500
        logsFirstStep = false
        writesTensorBoard = true
        tensorBoardDirectory = nil
        showsProgress = true
    }

    func validate(_ check: inout ValidationCheck) {
        check.flag("logging_steps", everySteps)
    }
}
