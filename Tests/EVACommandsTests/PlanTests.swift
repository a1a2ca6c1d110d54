import EVATestSupport
import Foundation
import Testing

/// `evaclip plan`.
@Suite struct PlanTests {
    private struct Document: Decodable {
        struct Plan: Decodable {
            struct Row: Decodable {
                let axis, operation: String
                let calls, tensor_bytes, sent_bytes: Int
            }
            let data, sharding, stage, tensor: Int
            let recompute, fits: Bool
            let memory: [String: Int]
            let needed_bytes: Int
            let traffic: [Row]
            let sent_bytes: [String: Int]
            let operations, samples_per_second: Double
            let step_seconds: [String: Double]
            let samples_per_step: Int
            let limit: String
        }
        struct Machine: Decodable {
            let name: String
            let products_per_second, memory_bytes_per_second, network_bytes_per_second: Double
            let ranks_per_node: Int
        }
        let model: String
        let parameters, ranks, per_device_batch_size: Int
        let precision, optimizer: String
        let machine: Machine
        let plans: [Plan]
        let notes, assumptions: [String]
    }

    private func plan(_ words: [String]) throws -> Document {
        let outcome = try EvaclipProcess.run(["plan", "--json"] + words)
        try #require(outcome.code == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Document.self, from: Data(outcome.output.utf8))
    }

    @Test("A command line of train is planned as it is, with its arrangement")
    func arrangement() throws {
        let document = try plan(
            ["--ranks", "16", "--machine", "h100"]
                + [
                    "--model", "paddlemix/EVA/EVA02-CLIP-L-14", "--task_name", "no-such-file.csv",
                    "--output_dir", "out", "--per_device_train_batch_size", "64", "--bf16", "True",
                    "--optimizer", "adamw", "--sharding_parallel_degree", "8", "--sharding",
                    "stage2", "--gradient_accumulation_steps", "2", "--visual_lr", "1e-4",
                ])
        #expect(document.model == "paddlemix/EVA/EVA02-CLIP-L-14")
        #expect(document.parameters == 427_755_457)
        #expect(document.precision == "bf16" && document.optimizer == "adamw")
        #expect(document.ranks == 16 && document.per_device_batch_size == 64)
        #expect(document.plans.count == 1)
        let plan = try #require(document.plans.first)
        let degrees: [Int] = [plan.data, plan.sharding, plan.stage, plan.tensor]
        #expect(degrees == [2, 8, 2, 1])
        #expect(plan.samples_per_step == 16 * 64 * 2 && plan.fits && !plan.recompute)
        // Batches wait on the host, and another one on the GPU.
        let sum = plan.memory.values.reduce(0, +)
        let device = sum - (plan.memory["batches"] ?? 0) + (plan.memory["pixels"] ?? 0)
        #expect(abs(plan.needed_bytes - device) < 20)
        #expect(Set(plan.sent_bytes.keys) == ["data ranks", "data", "sharding"])
        let total = plan.step_seconds["total"] ?? 0
        let parts = ["compute", "memory", "node", "network"].compactMap { plan.step_seconds[$0] }
        #expect(abs(parts.reduce(0, +) - total) < 1e-9 * total)
        #expect(abs(plan.samples_per_second * total - 2048) < 1e-6 * 2048)
        #expect(document.assumptions.contains { $0.contains("60 %") })
    }

    @Test("Without an arrangement all are ranked, and more ranks or a slow network change it")
    func ranked() throws {
        let flags = ["--model", "EVA02-CLIP-B-16", "--bf16", "--batch_size", "128"]
        let near = try plan(["--ranks", "1024", "--machine", "a100"] + flags)
        #expect(near.plans.count == 3 + 3 * (10 + 9 + 8))
        let far = try plan(
            ["--ranks", "1024", "--machine", "a100", "--interconnect", "0.01"] + flags)
        #expect(far.machine.network_bytes_per_second == 1e7)
        #expect(far.plans[0].samples_per_second < near.plans[0].samples_per_second / 2)
        #expect(far.plans[0].limit == "network between nodes")
        #expect(near.plans[0].samples_per_second >= near.plans[40].samples_per_second)
    }

    @Test("Where nothing fits, the plan tries --recompute, and says so")
    func recompute() throws {
        let flags = ["--ranks", "8", "--machine", "h100", "--model", "EVA02-CLIP-L-14", "--bf16"]
        let document = try plan(flags + ["--batch_size", "512"])
        #expect(document.plans.allSatisfy { $0.recompute })
        #expect(document.plans.contains { $0.fits })
        #expect(document.notes.contains { $0.contains("--recompute") })
        let outcome = try EvaclipProcess.run(["plan"] + flags + ["--batch_size", "16384"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        for words in ["0 of 17 arrangements fit", "DOES NOT FIT", "--recompute"] {
            #expect(outcome.output.contains(words), "no '\(words)' in: \(outcome.output)")
        }
    }

    @Test("This machine is measured, and a file's figures are taken")
    func machines() throws {
        let folder = try TinyFolder()
        let flags = ["--model", "EVA02-CLIP-B-16", "--ranks", "2"]
        let here = try plan(
            flags + ["--machine", "this", "--device", "cpu", "--threads", "1"])
        #expect(here.machine.name == "this machine" && here.machine.ranks_per_node == 2)
        #expect(here.machine.products_per_second > 1e8)
        #expect(here.machine.memory_bytes_per_second > 1e8)
        #expect(here.assumptions.contains { $0.contains("measured now on cpu") })
        let path = try folder.write(
            """
            {"name": "mine", "memory_gb": 24, "memory_gb_per_s": 1000, "fp32_tflops": 35,
             "ranks_per_node": 2, "node_gb_per_s": 20, "network_gb_per_s": 1}
            """, to: "machine.json")
        let mine = try plan(flags + ["--machine", path])
        #expect(mine.machine.name == "mine" && mine.machine.products_per_second == 35e12)
    }

    @Test("Ranks that mpirun started measure their messages, and the first speaks")
    func ranks() throws {
        let words = "plan --json --model EVA02-CLIP-B-16 --device cpu --threads 1"
        let outcome = try EvaclipProcess.run(
            ["doctor", "--help"],
            shell: "export PATH=/usr/bin:/bin OMPI_ALLOW_RUN_AS_ROOT=1 "
                + "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; exec mpirun -np 2 --oversubscribe \"$0\" \(words)"
        )
        try #require(outcome.code == 0, "\(outcome.errors)")
        let document = try JSONDecoder().decode(
            Document.self, from: Data(outcome.output.utf8))
        #expect(document.ranks == 2 && document.machine.ranks_per_node == 2)
        #expect(
            document.assumptions.contains {
                $0.contains("messages within the node: measured now over 2 ranks")
            })
    }

    @Test("What cannot be planned is said in a line")
    func refused() throws {
        let model = ["--model", "EVA02-CLIP-L-14", "--machine", "h100"]
        for (flags, words) in [
            (
                ["--ranks", "6", "--tensor_parallel_degree", "4"],
                ["world = data x sharding x tensor", "6 ="]
            ),
            (
                ["--ranks", "8", "--tensor_parallel_degree", "4"],
                ["--tensor_parallel_degree 4", "2730 features", "1, 2"]
            ),
            (["--ranks", "0"], ["--ranks", "from 1"]),
            (["--ranks", "8", "--shard", "stage9"], ["--shard"]),
            (["--ranks", "8", "--bf17"], ["unknown flag --bf17"]),
            (["--ranks", "8", "--machine", "h900"], ["--machine h900", "h100", "JSON"]),
        ] {
            try EvaclipProcess.expectFailure(["plan"] + model + flags, code: 64, words: words)
        }
        let folder = try TinyFolder()
        let path = try folder.write("{\"memory_gb\": 24, \"memory_gb_per_s\": ", to: "m.json")
        try EvaclipProcess.expectFailure(
            ["plan", "--ranks", "8", "--machine", path], code: 1, words: ["m.json"])
    }
}
