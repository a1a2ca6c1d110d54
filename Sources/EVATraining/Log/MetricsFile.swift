internal import EVATensorFiles
internal import Foundation

/// A file of JSON lines that is appended as a run goes; every line has the `step` it was written at.
package struct MetricsFile: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Appends a line.
    package func append(_ entry: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var line = try encoder.encode(entry)
        line.append(UInt8(ascii: "\n"))
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure(errno) }
        defer { close(file) }
        // One write call, so that a line is whole or absent but on a full disk.
        let written = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard written == line.count else { throw failure(written < 0 ? errno : ENOSPC) }
    }

    /// Drops everything after `step`, which a run that is resumed there will write again.
    package func truncate(afterStep step: Int) throws {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        var bytes: [UInt8] = []
        for line in data.split(separator: UInt8(ascii: "\n")) {
            // A line that a full disk cut short counts for nothing.
            guard let place = try? JSONDecoder().decode(Place.self, from: Data(line)),
                place.step <= step
            else { continue }
            bytes += line + [UInt8(ascii: "\n")]
        }
        try AtomicFile.write(bytes, to: path)
    }

    private struct Place: Decodable {
        let step: Int
    }

    private func failure(_ code: Int32) -> TrainingError {
        TrainingError("\(path): cannot be written: \(String(cString: strerror(code)))")
    }
}
