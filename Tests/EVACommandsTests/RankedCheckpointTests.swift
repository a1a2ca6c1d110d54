import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

/// Checkpoints that the ranks of a run write together.
@Suite(.serialized) struct RankedCheckpointTests {
    private let run: TinyRun

    init() throws {
        run = try TinyRun()
        // Every picture is too large for any product, so that no step changes anything.
        try run.folder.writeTensors(faulty: 0..<22, to: "faulty.safetensors")
    }

    @discardableResult
    private func train(
        _ ranks: Int, _ stage: Int, _ more: [String], code: Int32 = 0,
        location: SourceLocation = #_sourceLocation
    ) throws -> EvaclipProcess.Outcome {
        let flags = run.flags(
            "a",
            [
                "--max_steps", "8", "--save_steps", "1", "--per_device_train_batch_size",
                "\(4 / ranks)", "--ema_decay", "0.5",
            ] + (stage == 0 ? [] : ["--sharding", "stage\(stage)"]) + more)
        let outcome =
            ranks == 1
            ? try EvaclipProcess.run(flags) : try EvaclipProcess.ranks(ranks, flags).wait()
        try #require(outcome.code == code, "\(outcome)", sourceLocation: location)
        return outcome
    }

    /// Goes on for one step that is skipped, and saves.
    private func rewrite(_ ranks: Int, _ stage: Int, step: Int) throws {
        try train(
            ranks, stage,
            [
                "--resume_from_checkpoint", "latest", "--stop_after_steps", "\(step)",
                "--task_name", "tensors:" + run.folder.file("faulty.safetensors"),
            ])
    }

    private func names(_ step: Int) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(
            atPath: run.folder.file("a/checkpoint-\(step)")
        ).filter { $0.hasSuffix(".safetensors") }.sorted()
    }

    /// The weights, their average, and the moments, as whole tensors.
    private func state(_ step: Int) throws -> [String: [UInt8]] {
        var state: [String: [UInt8]] = [:]
        for base in ["open_clip_model", "ema/open_clip_model", "optimizer"] {
            let first = try #require(try names(step).first { $0.hasPrefix(base) })
            let tensors = try TensorFile.open(
                path: run.folder.file("a/checkpoint-\(step)/\(first)"))
            for name in tensors.names where !name.hasPrefix("report.") {
                state["\(base): \(name)"] = try tensors.tensor(named: name)
                    .withUnsafeBytes { [UInt8]($0) }
            }
        }
        return state
    }

    @Test("A state goes from one rank to four, to two and back, bit by bit, in every stage")
    func equalStates() throws {
        try train(1, 0, ["--stop_after_steps", "3"])
        let expected = try state(3)
        #expect(expected.count > 100)
        #expect(
            try names(3)
                == [
                    "ema/open_clip_model.safetensors", "open_clip_model.safetensors",
                    "optimizer.safetensors",
                ])
        for (step, (ranks, stage)) in [(4, 3), (2, 2), (1, 0)].enumerated() {
            try rewrite(ranks, stage, step: step + 4)
            let written = try state(step + 4)
            #expect(written.count == expected.count)
            for (name, bytes) in expected {
                #expect(written[name] == bytes, "\(name) by \(ranks) ranks in stage \(stage)")
            }
        }
        #expect(
            try names(5)
                == [
                    "ema/open_clip_model-00001-of-00002.safetensors",
                    "ema/open_clip_model-00002-of-00002.safetensors", "open_clip_model.safetensors",
                    "optimizer-00001-of-00002.safetensors", "optimizer-00002-of-00002.safetensors",
                ])
        #expect(try names(4).count == 12)
        #expect(try run.leftovers("a").isEmpty)
    }

    @Test("Ranks that do not see one output folder are refused before anything is written")
    func notShared() throws {
        let folder = run.folder.file("local")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let flags = run.flags(
            "local/a", ["--per_device_train_batch_size", "2", "--sharding", "stage1"])
        // The second rank's folder is another one, as it is on a host of its own.
        let mount = "mount -t tmpfs tmpfs \(folder)"
        guard
            try EvaclipProcess.run(["--version"], shell: "unshare -m sh -c '\(mount)' || exit 9")
                .code == 0
        else {
            print("skipped: this user cannot mount a file system")
            return
        }
        let outcome = try EvaclipProcess(
            flags,
            shell: """
                \(EvaclipProcess.launcher)
                exec mpirun --oversubscribe -np 1 "$0" "$@" : -np 1 \\
                unshare -m sh -c '\(mount); exec "$0" "$@"' "$0" "$@"
                """
        ).wait()
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.errors.contains("not all ranks see it"), "\(outcome.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/a")
        #expect(names.filter { $0 != ".evaclip-lock" }.isEmpty, "\(names)")
    }

    @Test("Every verb reads weights in pieces; a piece that is damaged or missing is named")
    func pieces() throws {
        try train(4, 3, ["--stop_after_steps", "3"])
        let checkpoint = run.folder.file("a/checkpoint-3")
        // Stages share otherwise; merged, the weights are those of any.
        let merged = run.folder.file("merged")
        try EvaclipProcess.succeed("convert", checkpoint, merged, "--golden", "false")
        let weights = try TensorFile.open(path: merged + "/open_clip_model.safetensors")
        let pieces = try TensorFile.open(
            path: checkpoint + "/open_clip_model-00002-of-00004.safetensors")
        #expect(weights.names.sorted() == pieces.names.sorted())
        for name in weights.names {
            #expect(
                try weights.tensor(named: name).values(as: Float.self)
                    == pieces.tensor(named: name).values(as: Float.self), "\(name)")
        }
        try EvaclipProcess.succeed(
            "embed", "--model", checkpoint, "--pixels", run.folder.file("data.safetensors"),
            "--output", run.folder.file("o.safetensors"), "--threads", "1")
        let piece = "optimizer-00002-of-00004.safetensors"
        var bytes = try run.bytes("a/checkpoint-3/" + piece)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(fileURLWithPath: "\(checkpoint)/\(piece)"))
        let latest = ["--resume_from_checkpoint", "latest", "--stop_after_steps", "4"]
        let damaged = try train(2, 2, latest, code: 1)
        #expect(damaged.errors.contains("\(piece) is damaged"), "\(damaged.errors)")
        unlink("\(checkpoint)/\(piece)")
        let missing = try train(1, 0, latest, code: 1)
        #expect(missing.errors.contains("\(piece) is missing"), "\(missing.errors)")
        unlink("\(checkpoint)/open_clip_model-00003-of-00004.safetensors")
        try EvaclipProcess.expectFailure(
            [
                "embed", "--model", checkpoint, "--pixels", run.folder.file("data.safetensors"),
                "--output", run.folder.file("o2.safetensors"), "--threads", "1",
            ],
            code: 1, words: ["open_clip_model-00003-of-00004.safetensors"])
        let resumed = try train(
            2, 1, ["--resume_from_checkpoint", "auto", "--stop_after_steps", "4"])
        #expect(resumed.errors.contains("checkpoint-3: passed over"), "\(resumed.errors)")
        #expect(resumed.errors.contains("resumed after step 2"), "\(resumed.errors)")
    }
}
