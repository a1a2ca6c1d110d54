internal import EVADownloads
internal import Foundation

/// Shows downloads: a bar that is redrawn on a terminal, a line for each file elsewhere.
final class DownloadConsole {
    private var file = ""
    private var progress: ProgressLine?

    func show(_ event: DownloadEvent, of name: String) {
        if name != file { start(name) }
        switch event {
        case .waiting: say("another process downloads it; waiting")
        case .received(let count, let total):
            guard let total else { return }
            if progress == nil {
                Console.note("\(name): \(Self.size(total))")
                progress = ProgressLine(total: Self.megabytes(total), unit: "MB")
            }
            progress?.update(Self.megabytes(count), name)
        case .retrying(let reason, let seconds):
            say("\(reason); again in \(Int(seconds.rounded(.up))) s")
        case .restarting(let reason): say("\(reason); from the beginning")
        case .verifying(let count, let total):
            progress?.update(Self.megabytes(count), "verifying \(name)")
            if count == total { finish() }
        }
    }

    /// Ends the line of the present file.
    func finish() {
        progress?.finish()
        progress = nil
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

    private static func megabytes(_ count: Int) -> Int { (count + 999_999) / 1_000_000 }
}
