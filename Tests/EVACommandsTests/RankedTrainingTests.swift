import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

/// `mpirun -np N evaclip train` against one process.
@Suite(.serialized) struct RankedTrainingTests {
    /// The flags of a run in which `ranks` share batches of eight.
    private static func flags(
        _ run: TinyRun, _ name: String, ranks: Int, _ more: [String] = []
    ) -> [String] {
        run.flags(
            name, ["--max_steps", "6", "--per_device_train_batch_size", "\(8 / ranks)"] + more)
    }

    private static func weights(_ run: TinyRun, _ name: String) throws -> [Float] {
        let file = try SafetensorsFile(
            path: run.folder.file(name + "/open_clip_model.safetensors"))
        return try file.names.sorted().flatMap {
            try file.tensor(named: $0).values(as: Float.self)
        }
    }

    /// The norm of the difference by that of what is expected.
    private static func difference(_ actual: [Float], _ expected: [Float]) -> Double {
        func norm(_ values: [Double]) -> Double { values.map { $0 * $0 }.reduce(0, +).squareRoot() }
        return norm(zip(actual, expected).map { Double($0) - Double($1) })
            / norm(expected.map { Double($0) })
    }

    private static func expectEqual(
        _ run: TinyRun, _ name: String, _ expected: String,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let (losses, others) = try (run.metrics(name), run.metrics(expected))
        #expect(losses.count == others.count && !losses.isEmpty, sourceLocation: location)
        for (actual, other) in zip(losses, others) {
            let (a, b) = try (#require(actual["loss"]), #require(other["loss"]))
            #expect(abs(a - b) <= 1e-6 * b, "loss \(a), \(b)", sourceLocation: location)
        }
        let error = try difference(weights(run, name), weights(run, expected))
        #expect(error <= 1e-6, "weights differ by \(error)", sourceLocation: location)
    }

    @Test("Two and four ranks train the weights of one process, with dropped patches too")
    func equal() throws {
        let run = try TinyRun(patchDropout: 0.5)
        try EvaclipProcess.run(Self.flags(run, "1", ranks: 1)).expectSuccess()
        for ranks in [2, 4] {
            try EvaclipProcess.ranks(ranks, Self.flags(run, "\(ranks)", ranks: ranks)).wait()
                .expectSuccess()
            try Self.expectEqual(run, "\(ranks)", "1")
        }
    }

    @Test(
        "So do ranks that share the optimizer, the gradients and the parameters",
        arguments: ["stage1", "stage2", "stage3"])
    func sharded(stage: String) throws {
        let run = try TinyRun(patchDropout: 0.5)
        for optimizer in ["adamw", "lamb"] {
            let more = ["--optimizer", optimizer, "--ema_decay", "0.5"]
            try EvaclipProcess.run(Self.flags(run, optimizer, ranks: 1, more)).expectSuccess()
            try EvaclipProcess.ranks(
                4,
                Self.flags(
                    run, optimizer + "4", ranks: 4,
                    more + ["--sharding", stage, "--sharding_parallel_degree", "2"])
            ).wait().expectSuccess()
            try Self.expectEqual(run, optimizer + "4", optimizer)
        }
    }

    @Test("So they do where gradients are accumulated, and batches contrasted as one")
    func accumulated() throws {
        let run = try TinyRun(patchDropout: 0.5)
        for more in [
            ["--gradient_accumulation_steps", "2"], ["--contrastive_accumulation", "2"],
        ] {
            let name = String(more[0].dropFirst(2))
            try EvaclipProcess.run(Self.flags(run, name, ranks: 1, more)).expectSuccess()
            for stage in ["", "stage2", "stage3"] {
                let sharding = stage.isEmpty ? [] : ["--sharding", stage]
                let ranked = name + "-2" + stage
                try EvaclipProcess.ranks(2, Self.flags(run, ranked, ranks: 2, more + sharding))
                    .wait()
                    .expectSuccess()
                try Self.expectEqual(run, ranked, name)
            }
        }
    }

    @Test(
        "A run goes on with another number of ranks and another stage, with the same weights",
        arguments: [(1, "", 4, "stage3"), (4, "stage2", 2, ""), (2, "stage3", 1, "")])
    func resumed(ranks: Int, stage: String, laterRanks: Int, laterStage: String) throws {
        let run = try TinyRun()
        func train(_ name: String, _ ranks: Int, _ stage: String, _ more: [String] = []) throws {
            let flags = Self.flags(
                run, name, ranks: ranks,
                more + ["--ema_decay", "0.5"] + (stage.isEmpty ? [] : ["--sharding", stage]))
            try EvaclipProcess.ranks(ranks, flags).wait().expectSuccess()
        }
        try train("whole", 1, "")
        try train("parts", ranks, stage, ["--stop_after_steps", "3"])
        try train("parts", laterRanks, laterStage, ["--resume_from_checkpoint", "latest"])
        try Self.expectEqual(run, "parts", "whole")
    }

    @Test("A rank that is stopped ends the run within the time-out, with its name first")
    func stopped() throws {
        let run = try TinyRun()
        let process = try EvaclipProcess.ranks(
            2,
            Self.flags(run, "a", ranks: 2, ["--max_steps", "100000", "--collective_timeout", "2"]))
        try process.wait { run.exists("a/metrics.jsonl") && !run.lines("a/metrics.jsonl").isEmpty }
        let children = try String(
            contentsOfFile: "/proc/\(process.identifier)/task/\(process.identifier)/children",
            encoding: .utf8
        ).split(separator: " ").compactMap { Int32($0) }
        let last = try #require(children.max())
        kill(last, SIGSTOP)
        let start = ContinuousClock.now
        let outcome = try process.wait()
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(outcome.code != 0)
        #expect(outcome.errors.contains("(process \(last), stopped)"), "\(outcome.errors)")
    }

    @Test("What ranks cannot do together is refused with its reason")
    func refused() throws {
        let run = try TinyRun()
        for (more, words) in [
            (["--tensor_parallel_degree", "3"], "2 = data x 1 x 3"),
            (["--sharding", "stage2", "--sharding_parallel_degree", "3"], "2 = data x 3 x 1"),
        ] {
            let outcome = try EvaclipProcess.ranks(2, Self.flags(run, "a", ranks: 2, more)).wait()
            #expect(outcome.code == 64, "\(outcome)")
            #expect(outcome.errors.contains(words), "\(outcome)")
            #expect(!run.exists("a"))
        }
    }
}

extension EvaclipProcess.Outcome {
    fileprivate func expectSuccess(location: SourceLocation = #_sourceLocation) throws {
        try #require(code == 0, "\(self)", sourceLocation: location)
    }
}
