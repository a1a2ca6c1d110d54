import Foundation
import Testing

@Suite struct BenchTests {
    private struct Result: Decodable {
        let value: Double
        let seconds: Double
        let peak_mb: Int
    }

    private func measure(_ form: String, _ loss: String) throws -> Result {
        let text = try EvaclipProcess.succeed(
            "bench", "loss", "--batch_size", "2048", "--width", "16", "--form", form, "--loss",
            loss, "--threads", "1", "--json")
        return try JSONDecoder().decode(Result.self, from: Data(text.utf8))
    }

    @Test("Both forms of a loss come to the same value", arguments: ["softmax", "sigmoid"])
    func loss(kind: String) throws {
        let (tiled, plain) = (try measure("tiled", kind), try measure("plain", kind))
        #expect(abs(tiled.value / plain.value - 1) < 1e-5)
        #expect(tiled.seconds > 0 && tiled.peak_mb > 10 && plain.peak_mb > 10)
    }

    @Test("What cannot be measured is refused")
    func problems() throws {
        for arguments in [
            ["bench", "loss", "--batch_size", "0"], ["bench", "loss", "--form", "square"],
            ["bench", "loss", "--loss", "x"], ["bench", "everything"],
        ] {
            let outcome = try EvaclipProcess.run(arguments)
            #expect(outcome.code == 64, "\(arguments): \(outcome)")
        }
    }
}
