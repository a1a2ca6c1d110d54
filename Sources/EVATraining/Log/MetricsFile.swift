internal import EVATensorFiles
internal import Foundation

/// `metrics.jsonl`: one JSON object a line, appended as the run goes.
package struct MetricsFile: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Appends a line.
    package func append(_ report: StepReport) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var line = try encoder.encode(report)
        line.append(UInt8(ascii: "\n"))
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure() }
        defer { close(file) }
        // One write call, so that a line is whole or absent.
        let written = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard written == line.count else { throw failure() }
    }

    /// Drops everything after `step`, which a run that is resumed there will write again.
    package func truncate(afterStep step: Int) throws {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        let kept = data.split(separator: UInt8(ascii: "\n")).filter { line in
            guard let report = try? JSONDecoder().decode(StepReport.self, from: Data(line)) else {
                return false
            }
            return report.step <= step
        }
        var bytes: [UInt8] = []
        for line in kept { bytes += line + [UInt8(ascii: "\n")] }
        try AtomicFile.write(bytes, to: path)
    }

    private func failure() -> TrainingError {
        TrainingError("\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
}
