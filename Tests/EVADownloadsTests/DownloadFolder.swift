import EVADownloads
import EVAHTTP
import Foundation
import Synchronization

/// A folder of its own for a test, with a download into it.
final class DownloadFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/evadownloads-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// What lies in the folder, by name.
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    func bytes(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path + "/" + name).map { [UInt8]($0) }
    }

    /// A download that does not wait long.
    func download(_ url: String, to name: String = "file") -> Download {
        var download = Download(url, to: path + "/" + name)
        download.policy.firstWaitSeconds = 0.01
        download.policy.attempts = 3
        download.policy.connectSeconds = 5
        download.policy.stallSeconds = 2
        return download
    }
}

/// The error that a closure throws, as text; "" when it throws none.
func failure(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return "\(error)"
    }
}

/// Bytes that differ from place to place.
func content(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
}

/// A number that several threads count up.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func increase() { count.withLock { $0 += 1 } }

    /// Waits until it is at a value, but not for ever.
    func wait(for value: Int) {
        for _ in 0..<1_500 where self.value < value { usleep(20_000) }
    }
}
