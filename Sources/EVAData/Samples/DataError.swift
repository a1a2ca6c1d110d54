/// What is wrong with data or a data folder, in one line: where, expected, got, remedy.
public struct DataError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, folder or data set concerned.
    public let place: String
    /// What is wrong and what helps.
    public let message: String

    /// Describes a failure.
    ///
    /// - Parameters:
    ///   - place: The file, folder or data set concerned.
    ///   - message: What is wrong and what helps, in one line.
    public init(_ place: String, _ message: String) {
        self.place = place
        self.message = message
    }

    /// The whole error as one line.
    public var description: String { "\(place): \(message)" }
}
