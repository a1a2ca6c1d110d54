internal import EVADownloads
internal import Foundation

/// Shows downloads: a bar that is redrawn on a terminal, a line for each file elsewhere.
final class DownloadConsole {
    private var file = ""
    private var stage = ""
    private var progress: ProgressLine?

    func show(_ event: DownloadEvent, of name: String) {
        if name != file { start(name) }
        switch event {
        case .waiting: say("another process downloads it; waiting")
        case .received(let count, let total):
            guard let total else { return }
            draw(count, total, name) {
                Console.note(
                    "\(name): \(Self.size(total))"
                        + (count > 0 ? ", \(Self.size(count)) of them are here" : ""))
            }
        case .retrying(let reason, let seconds):
            say("\(reason); again in \(Int(seconds.rounded(.up))) s")
        case .restarting(let reason): say("\(reason); from the beginning")
        case .verifying(let count, let total):
            draw(count, total, "verifying \(name)") {}
        }
    }

    /// Draws the bar of one stage of the work, which begins with a line where it is new.
    private func draw(_ count: Int, _ total: Int, _ label: String, announce: () -> Void) {
        if label != stage {
            finish()
            announce()
            stage = label
            progress = ProgressLine(
                total: Self.megabytes(total), unit: "MB", alreadyDone: Self.megabytes(count))
        }
        progress?.update(Self.megabytes(count), label)
    }

    /// Ends the line of the present file.
    func finish() {
        progress?.finish()
        progress = nil
        stage = ""
    }

    private func start(_ name: String) {
        finish()
        file = name
    }

    private func say(_ text: String) {
        finish()
        Console.note("\(file): \(text)")
    }

    private static func size(_ count: Int) -> String {
        count < 1_000_000 ? "\((count + 999) / 1_000) kB" : "\(megabytes(count)) MB"
    }

    private static func megabytes(_ count: Int) -> Int {
        count / 1_000_000 + (count % 1_000_000 > 0 ? 1 : 0)
    }
}
