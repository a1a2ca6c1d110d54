import Foundation
import Testing

/// Kills at random moments, by the script that `make` users run for longer.
@Suite struct KillTests {
    @Test("Runs that are killed at random moments go on to equal bytes")
    func threeKills() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appendingPathComponent("scripts/kill-test")
        process.arguments = [
            "--kills", "3", "--seed", "7", "--command", try EvaclipProcess.executable,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("3 of 3 resumed runs are equal"), "\(text)")
    }
}
