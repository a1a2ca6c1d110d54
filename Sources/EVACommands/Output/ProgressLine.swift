internal import Foundation

/// Progress of long work: a line redrawn in place on a terminal, nothing elsewhere.
struct ProgressLine {
    private let isShown: Bool
    private let total: Int
    private let unit: String
    private let alreadyDone: Int
    private let clock = ContinuousClock()
    private let start = ContinuousClock().now
    private var lastDrawn: ContinuousClock.Instant?

    /// - Parameters:
    ///   - total: what there is to do; 0 where that is not known.
    ///   - unit: what is counted, such as `pictures`.
    ///   - alreadyDone: what was done before; it counts for the bar, not for the rate.
    ///   - isWanted: false after `--disable_tqdm True`.
    init(total: Int, unit: String, alreadyDone: Int = 0, isWanted: Bool = true) {
        isShown = isWanted && Console.isTerminal
        self.total = total
        self.alreadyDone = alreadyDone
        self.unit = unit
    }

    /// Draws how far the work is, at most ten times a second.
    mutating func update(_ done: Int, _ details: String = "") {
        let now = clock.now
        guard isShown, lastDrawn.map({ now - $0 > .milliseconds(100) }) ?? true || done == total
        else { return }
        lastDrawn = now
        let seconds = (now - start) / .seconds(1)
        let rate = Double(done - alreadyDone) / max(seconds, 1e-9)
        Console.redraw(
            bar(done) + " \(unit), " + String(format: "%.1f/s", rate)
                + (total > 0 ? Self.left(Double(total - done) / rate) : "")
                + (details.isEmpty ? "" : ", " + details))
    }

    private func bar(_ done: Int) -> String {
        guard total > 0 else { return "\(done)" }
        let filled = Int(24 * min(1, Double(done) / Double(total)))
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: 24 - filled)
        return "[\(bar)] \(done)/\(total)"
    }

    /// The time left as hours, minutes and seconds; nothing where it cannot be told.
    private static func left(_ seconds: Double) -> String {
        guard let whole = Int(exactly: seconds.rounded()) else { return "" }
        let (hours, rest) = whole.quotientAndRemainder(dividingBy: 3600)
        return hours > 0
            ? String(format: ", %d:%02d:%02d left", hours, rest / 60, rest % 60)
            : String(format: ", %d:%02d left", rest / 60, rest % 60)
    }

    /// Ends the line.
    func finish() {
        if isShown && lastDrawn != nil { Console.note("") }
    }
}
