internal import Foundation
internal import Glibc
internal import Synchronization

/// What the command says to the person at the terminal.
///
/// Whatever it says may hold names and captions that somebody else wrote, so that everything is made
/// harmless here.
enum Console {
    /// Whether a person watches: progress is then drawn in place.
    static let isTerminal = isatty(STDERR_FILENO) == 1

    /// This process's number where another rank speaks for all; -1 otherwise.
    private static let followingRank = Atomic<Int>(-1)

    private static var speaks: Bool { followingRank.load(ordering: .relaxed) < 0 }

    /// From now on says only why this rank failed, since another says the rest.
    static func follow(asRank rank: Int) { followingRank.store(rank, ordering: .relaxed) }

    /// A line on standard error.
    static func note(_ text: String) { if speaks { write(TerminalText.line(text) + "\n") } }

    /// Something that the user should know but that does not stop the command.
    static func warning(_ text: String) {
        if speaks { write("warning: " + TerminalText.line(text) + "\n") }
    }

    /// Why the command failed.
    ///
    /// - Parameter lines: Whether line breaks are meant, as in a list of faults.
    static func error(_ text: String, lines: Bool = false) {
        let rank = followingRank.load(ordering: .relaxed)
        let speaker = rank < 0 ? "" : "rank \(rank): "
        write("error: " + speaker + TerminalText.line(text, keepsLines: lines) + "\n")
    }

    /// A line of the command's result, on standard output.
    ///
    /// - Parameter lines: Whether line breaks are meant, as in a table.
    static func result(_ text: String, lines: Bool = false, terminator: String = "\n") {
        print(TerminalText.line(text, keepsLines: lines, limit: .max), terminator: terminator)
    }

    /// A result as a line of JSON, on standard output.
    static func result(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(TerminalText.json(String(decoding: try encoder.encode(value), as: UTF8.self)))
    }

    /// Draws over the current line of a terminal, as much as fits on it.
    static func redraw(_ text: String) {
        guard speaks else { return }
        var size = winsize()
        let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        write(
            "\r\u{1B}[2K" + TerminalText.line(text).prefix(isKnown ? Int(size.ws_col) - 1 : 200))
    }

    private static func write(_ text: String) {
        // What cannot be said, for a closed or full standard error, must not end the work.
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
            }
            guard count > 0 || count < 0 && errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}
