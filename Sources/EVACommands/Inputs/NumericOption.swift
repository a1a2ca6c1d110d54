internal import ArgumentParser
internal import EVAConfiguration

// Options of one number: what they take is read and told from one range, as for the flags of train
// and eval.
extension FlagRange {
    /// Reads an option's integer.
    ///
    /// - Throws: `ValidationError` for a text that is none, or one out of the range.
    func integer(_ text: String) throws -> Int {
        guard let value = NumberText.integer(text), contains(value) else {
            throw ValidationError("expected an integer \(words)\(NumberText.hint(text) ?? "")")
        }
        return value
    }

    /// Reads an option's number.
    ///
    /// - Throws: `ValidationError` for a text that is none, or one out of the range.
    func number(_ text: String) throws -> Double {
        guard let value = NumberText.number(text), contains(value) else {
            throw ValidationError("expected a number \(words)")
        }
        return value
    }

    /// An option's help, with the numbers that it takes.
    ///
    /// - Parameter usual: What holds when the option is not given, which the argument parser does not
    ///   tell of options that are read by a function.
    func help(_ text: String, usual: Int? = nil) -> ArgumentHelp {
        "\(text) Takes numbers \(words).\(usual.map { " (default: \($0))" } ?? "")"
    }
}

extension ArgumentHelp {
    /// The help of `--threads`.
    static var threads: ArgumentHelp {
        FlagRange.threads.help(
            "Threads of the computation, at most the processors that may be used; one per processor "
                + "if not given.")
    }
}
