internal import Foundation

/// What the command says to the person at the terminal, apart from its results.
enum Console {
    /// Whether a person watches: progress is then drawn in place.
    static let isTerminal = isatty(STDERR_FILENO) == 1

    /// A line on standard error.
    static func note(_ text: String) { write(text + "\n") }

    /// Something that the user should know but that does not stop the command.
    static func warning(_ text: String) { write("warning: " + text + "\n") }

    /// Why the command failed.
    static func error(_ text: String) { write("error: " + text + "\n") }

    /// A message that the argument parser has worded already.
    static func errorText(_ text: String) {
        let text = text.hasPrefix("Error: ") ? "error: " + text.dropFirst("Error: ".count) : text
        write(text + "\n")
    }

    /// Draws over the current line of a terminal.
    static func redraw(_ text: String) { write("\r\u{1B}[2K" + text) }

    private static func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
