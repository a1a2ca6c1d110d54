import EVATestSupport
import Foundation
import Testing

/// A run that is ended from outside and goes on equals one that was left alone, byte for byte.
@Suite struct ResumeTests {
    /// A way to train; each with another part of the program at work.
    enum Variant: String, CaseIterable {
        case plain
        case accumulatedWithoutDuplicates
        case bfloat16WithPatchDropout
        case float16MastersWithAverage

        var flags: [String] {
            switch self {
            case .plain: ["--dataloader_num_workers", "0"]
            case .accumulatedWithoutDuplicates:
                // Eleven batches an epoch: steps of two batches end within epochs.
                [
                    "--dataloader_num_workers", "2", "--gradient_accumulation_steps", "2",
                    "--per_device_train_batch_size", "2", "--mask_duplicates", "--optimizer",
                    "lamb",
                ]
            case .bfloat16WithPatchDropout: ["--bf16", "--patch_dropout", "0.5"]
            case .float16MastersWithAverage:
                [
                    "--fp16", "--fp16_opt_level", "O2", "--scale_loss", "4", "--ema_decay", "0.9",
                    "--optimizer", "lion", "--lock_visual", "--lock_visual_unlocked_groups", "2",
                    "--max_nonfinite_steps", "0", "--recompute",
                ]
            }
        }

        var signal: Int32 {
            switch self {
            case .plain, .float16MastersWithAverage: SIGKILL
            case .accumulatedWithoutDuplicates: SIGTERM
            case .bfloat16WithPatchDropout: SIGINT
            }
        }
    }

    private static let steps = 60

    @Test("An ended run goes on to equal bytes", arguments: Variant.allCases)
    func resume(variant: Variant) throws {
        let run = try TinyRun()
        let flags = variant.flags + ["--max_steps", "\(Self.steps)"]
        #expect(try EvaclipProcess.run(run.flags("whole", flags)).code == 0)
        let step = try endEarly(run, flags, by: variant.signal)
        try #require(step < Self.steps)
        let resumed = try EvaclipProcess.run(
            run.flags("cut", flags + ["--resume_from_checkpoint", "latest"]))
        #expect(resumed.code == 0, "\(resumed.errors)")
        #expect(resumed.errors.contains("resumed after step"), "\(resumed.errors)")
        try expectEqual(run, "cut", "whole")
        guard variant == .float16MastersWithAverage else { return }
        let average = "ema/open_clip_model.safetensors"
        #expect(try run.bytes("cut/\(average)") == run.bytes("whole/\(average)"))
    }

    @Test("A run that stops after given steps goes on to equal bytes")
    func stopped() throws {
        let run = try TinyRun()
        let flags = ["--max_steps", "12", "--dataloader_num_workers", "1"]
        #expect(try EvaclipProcess.run(run.flags("whole", flags)).code == 0)
        for stop in ["4", "4", "9"] {
            // The second one finds nothing to do.
            let resume = run.exists("cut") ? ["--resume_from_checkpoint", "latest"] : []
            let outcome = try EvaclipProcess.run(
                run.flags("cut", flags + resume + ["--stop_after_steps", stop]))
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("stopped after step \(stop)"), "\(outcome.errors)")
            #expect(run.exists("cut/checkpoint-\(stop)"))
        }
        let last = try EvaclipProcess.run(
            run.flags("cut", flags + ["--resume_from_checkpoint", run.folder.file("cut/latest")]))
        #expect(last.code == 0, "\(last.errors)")
        try expectEqual(run, "cut", "whole", steps: 12)
    }

    /// Starts a run and sends it a signal once it has logged and saved something.
    ///
    /// - Returns: the last step that it logged.
    private func endEarly(_ run: TinyRun, _ flags: [String], by signal: Int32) throws -> Int {
        let process = try EvaclipProcess(run.flags("cut", flags))
        var patience = 200_000
        while patience > 0
            && (run.lines("cut/metrics.jsonl").count < 4 || !run.exists("cut/checkpoint-6"))
        {
            usleep(500)
            patience -= 1
        }
        process.send(signal)
        let clock = ContinuousClock()
        let sent = clock.now
        let outcome = try process.wait()
        // A step of this model takes milliseconds; the rest is the checkpoint.
        #expect(clock.now - sent < .seconds(10))
        if signal == SIGKILL {
            #expect(outcome.signal == SIGKILL, "\(outcome)")
        } else {
            #expect(outcome.code == 128 + signal, "\(outcome)")
            #expect(outcome.errors.contains("interrupted; saved after step"), "\(outcome.errors)")
        }
        return try Int(run.metrics("cut").last?["step"] ?? 0)
    }

    private func expectEqual(
        _ run: TinyRun, _ a: String, _ b: String, steps: Int = Self.steps
    ) throws {
        #expect(try run.metrics(a) == run.metrics(b))
        #expect(try run.metrics(a).count == steps / 2)
        for file in [
            "open_clip_model.safetensors", "config.json", "open_clip_config.json",
            "checkpoint-\(steps)/optimizer.safetensors",
            "checkpoint-\(steps)/trainer_state.json",
        ] {
            #expect(try run.bytes("\(a)/\(file)") == run.bytes("\(b)/\(file)"), "\(file)")
        }
        #expect(try run.leftovers(a).isEmpty)
    }
}
