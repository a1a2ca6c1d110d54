internal import ArgumentParser
internal import EVAConfiguration

/// Options whose value is true or false, spelt as for the flags of train and eval.
enum BooleanOption {
    /// Reads an option's value.
    ///
    /// - Throws: `ValidationError` for another word.
    static func read(_ text: String) throws -> Bool {
        guard let value = FlagType.boolean(text) else {
            throw ValidationError("expected true or false")
        }
        return value
    }
}
