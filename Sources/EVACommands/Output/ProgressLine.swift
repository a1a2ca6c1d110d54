internal import Foundation

/// Progress of long work: a line redrawn in place on a terminal, nothing elsewhere.
struct ProgressLine {
    private let isShown: Bool
    private let total: Int
    private let unit: String
    private let clock = ContinuousClock()
    private let start = ContinuousClock().now
    private var lastDrawn: ContinuousClock.Instant?

    /// - Parameters:
    ///   - total: what there is to do.
    ///   - unit: what is counted, such as `pictures`.
    ///   - isWanted: false after `--disable_tqdm True`.
    init(total: Int, unit: String, isWanted: Bool = true) {
        isShown = isWanted && Console.isTerminal
        self.total = total
        self.unit = unit
    }

    /// Draws how far the work is, at most ten times a second.
    mutating func update(_ done: Int, _ details: String = "") {
        let now = clock.now
        guard isShown, lastDrawn.map({ now - $0 > .milliseconds(100) }) ?? true || done == total
        else { return }
        lastDrawn = now
        let seconds = (now - start) / .seconds(1)
        let rate = Double(done) / max(seconds, 1e-9)
        let left = Double(total - done) / max(rate, 1e-9)
        let filled = total > 0 ? 24 * done / total : 24
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: 24 - filled)
        Console.redraw(
            "[\(bar)] \(done)/\(total) \(unit), "
                + String(format: "%.1f/s, %d:%02d left", rate, Int(left) / 60, Int(left) % 60)
                + (details.isEmpty ? "" : ", " + details))
    }

    /// Ends the line.
    func finish() {
        if isShown && lastDrawn != nil { Console.note("") }
    }
}
