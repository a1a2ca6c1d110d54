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

    /// A rank that another speaks for, and where it keeps what it would say.
    private struct Follower {
        let rank: Int
        /// What was said before there was a log.
        var waiting = ""
        var log: Int32?
    }

    private static let follower = Mutex<Follower?>(nil)

    private static var speaks: Bool { follower.withLock { $0 == nil } }

    /// From now on says only why this rank failed, since another says the rest.
    static func follow(asRank rank: Int) { follower.withLock { $0 = Follower(rank: rank) } }

    /// Writes what this rank does not say into a file of its own.
    ///
    /// A rank without one, say on a host that does not have the folder, goes on.
    static func keepLog(at path: String) {
        follower.withLock { follower in
            guard let waiting = follower?.waiting else { return }
            let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard file >= 0 else { return }
            follower?.log = file
            follower?.waiting = ""
            write(waiting, to: file)
        }
    }

    /// A line on standard error.
    static func note(_ text: String) { say(TerminalText.line(text) + "\n") }

    /// Something that the user should know but that does not stop the command.
    static func warning(_ text: String) { say("warning: " + TerminalText.line(text) + "\n") }

    /// Why the command failed.
    ///
    /// - Parameter lines: Whether line breaks are meant, as in a list of faults.
    static func error(_ text: String, lines: Bool = false) {
        // What all ranks find wrong the speaking one says, and the launcher then ends the others.
        if !speaks { sleep(2) }
        let line = TerminalText.line(text, keepsLines: lines) + "\n"
        let speaker = follower.withLock { follower in
            if let log = follower?.log { write("error: " + line, to: log) }
            return follower.map { "rank \($0.rank): " } ?? ""
        }
        write("error: " + speaker + line)
    }

    private static func say(_ text: String) {
        let speaks = follower.withLock { follower in
            guard follower != nil else { return true }
            if let log = follower?.log {
                write(text, to: log)
            } else {
                follower?.waiting += text
            }
            return false
        }
        if speaks { write(text) }
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

    private static func write(_ text: String, to file: Int32 = STDERR_FILENO) {
        // What cannot be said, for a closed or full standard error, must not end the work.
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress, $0.count)
            }
            guard count > 0 || count < 0 && errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}
