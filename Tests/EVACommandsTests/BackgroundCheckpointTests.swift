import EVATestSupport
import Foundation
import Testing

/// Checkpoints that are written while training goes on.
@Suite struct BackgroundCheckpointTests {
    private static let flags = ["--max_steps", "40", "--save_steps", "2", "--logging_steps", "1"]

    @Test("A checkpoint that cannot be written ends the run soon, with one line and nothing left")
    func failure() throws {
        let run = try TinyRun()
        let start = Self.flags + ["--stop_after_steps", "1"]
        #expect(try EvaclipProcess.run(run.flags("a", start)).code == 0)
        let weights = try run.bytes("a/checkpoint-1/open_clip_model.safetensors").count
        let outcome = try EvaclipProcess.run(
            run.flags("a", Self.flags + ["--resume_from_checkpoint", "latest"]),
            shell: "ulimit -f \(weights * 3 / 2 / 512)")
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("optimizer.safetensors"), "\(outcome.errors)")
        #expect(outcome.errors.contains("File too large"), "\(outcome.errors)")
        // The error is that of the first checkpoint, at the latest when the second is due.
        let last = try #require(try run.metrics("a").last?["step"])
        #expect((2...4).contains(last), "\(last)")
        #expect(try run.leftovers("a").isEmpty)
        #expect(!run.exists("a/checkpoint-2") && run.exists("a/latest/trainer_state.json"))
    }

    @Test("A kill in the middle of writing leaves the checkpoint before whole; leftovers go")
    func killed() throws {
        let run = try TinyRun()
        try run.folder.writeModel(vocabularySize: 49408)
        let flags = run.flags(
            "a",
            Self.flags + ["--max_steps", "4000", "--save_total_limit", "2"])
        var interrupted = 0
        for _ in 0..<10 where interrupted < 2 {
            let process = try EvaclipProcess(flags + ["--resume_from_checkpoint", "auto"])
            try process.wait { run.exists("a/latest") }
            try process.wait {
                (try? run.leftovers("a").contains { $0.hasPrefix(".checkpoint-") }) ?? false
            }
            process.send(SIGKILL)
            #expect(try process.wait().signal == SIGKILL)
            if try !run.leftovers("a").isEmpty { interrupted += 1 }
            let link = try FileManager.default.destinationOfSymbolicLink(
                atPath: run.folder.file("a/latest"))
            let step = try #require(Int(link.dropFirst("checkpoint-".count)))
            let resumed = try EvaclipProcess.run(
                flags + ["--resume_from_checkpoint", "latest", "--stop_after_steps", "\(step + 1)"])
            #expect(resumed.code == 0, "\(resumed)")
            #expect(resumed.errors.contains("resumed after step \(step)"), "\(resumed.errors)")
            #expect(try run.leftovers("a").isEmpty)
        }
        #expect(interrupted > 0)
    }
}
