import Foundation

/// A folder of its own for a test; removed with everything in it when the test lets go of it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/evadata-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and the folders above it, and tells its full path.
    @discardableResult
    func write(_ content: String, to name: String) throws -> String {
        try write(Array(content.utf8), to: name)
    }

    @discardableResult
    func write(_ content: [UInt8], to name: String) throws -> String {
        let file = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: file)
        return path + "/" + name
    }
}

/// The text of the error that a closure throws; `nil` when it throws none.
func errorText<Result>(_ body: () throws -> Result) -> String? {
    do {
        _ = try body()
        return nil
    } catch {
        return "\(error)"
    }
}
