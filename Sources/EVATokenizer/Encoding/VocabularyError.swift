/// Vocabulary data that is not what it should be.
public struct VocabularyError: Error, CustomStringConvertible, Sendable, Equatable {
    /// What is wrong, and at which line.
    public let description: String
}
