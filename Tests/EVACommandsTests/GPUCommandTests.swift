import EVAData
import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

/// Whole commands on a GPU, played by the CPU, give what they give on the CPU.
///
/// The fake refuses what a GPU would: tensors of two devices in one operator, a random source of the
/// CPU, copies that are not waited for.
@Suite struct GPUCommandTests {
    private let run: TinyRun

    init() throws { run = try TinyRun(patchDropout: 0.5) }

    /// What both devices report.
    private func figures(_ name: String) throws -> [[String: Double]] {
        try run.metrics(name).map { $0.filter { $0.key != "peak_mb" } }
    }

    /// Largest difference of two runs' figures, as a share.
    private func difference(_ a: String, _ b: String) throws -> Double {
        let (a, b) = (try figures(a), try figures(b))
        try #require(!a.isEmpty && a.map { $0.keys.sorted() } == b.map { $0.keys.sorted() })
        return zip(a, b).flatMap { a, b in
            a.map { key, value in abs(value - (b[key] ?? .infinity)) / max(abs(value), 1e-6) }
        }.max() ?? .infinity
    }

    @Test(
        "Training on a GPU takes the same course",
        arguments: [
            [],
            ["--gradient_accumulation_steps", "2", "--optimizer", "lamb", "--ema_decay", "0.9"],
            ["--contrastive_accumulation", "2", "--loss", "sigmoid", "--recompute", "true"],
            [
                "--fp16", "--fp16_opt_level", "O2", "--scale_loss", "4", "--optimizer", "lion",
                "--visual_lr", "1e-5", "--text_lr", "1e-5",
            ],
        ])
    func training(flags: [String]) throws {
        let flags = flags + ["--max_steps", "8"]
        try FakeGPU.succeed(run.flags("cpu", flags))
        try FakeGPU.succeed(run.flags("gpu", flags + ["--device", "cuda:1"]))
        // Lion takes the sign of what rounding leaves; at a small rate little comes of it.
        let allowed = flags.contains("--fp16") ? 0.05 : 1e-3
        let difference = try difference("cpu", "gpu")
        #expect(difference < allowed, "\(flags): \(difference)")
        let record = String(decoding: try run.bytes("gpu/run.json"), as: UTF8.self)
        #expect(record.contains("cuda:1"))
        #expect(try run.metrics("gpu").allSatisfy { $0["peak_mb"] != nil })
    }

    @Test("A step reads one number back from the GPU", arguments: ["adamw", "lamb"])
    func readbacks(optimizer: String) throws {
        func count(steps: Int) throws -> Int {
            let file = run.folder.file("readbacks")
            let flags = run.flags(
                "steps-\(steps)",
                [
                    "--device", "cuda", "--max_steps", "\(steps)", "--logging_steps", "100",
                    "--save_strategy", "no", "--optimizer", optimizer, "--ema_decay", "0.9",
                    "--gradient_accumulation_steps", "2", "--bf16",
                ])
            let outcome = try EvaclipProcess.run(
                flags, shell: FakeGPU.shell("FAKE_CUDA_READBACKS='\(file)'"))
            #expect(outcome.code == 0, "\(outcome)")
            return try #require(Int(String(contentsOfFile: file, encoding: .utf8)))
        }
        #expect(try count(steps: 9) - count(steps: 4) == 5)
    }

    @Test("A run on a GPU goes on from a checkpoint, on a GPU to the bit and on the CPU too")
    func resume() throws {
        let flags = ["--max_steps", "7", "--device", "cuda"]
        try FakeGPU.succeed(run.flags("whole", flags))
        try FakeGPU.succeed(run.flags("parts", flags + ["--stop_after_steps", "3"]))
        let resume = flags + ["--resume_from_checkpoint", "latest"]
        try FileManager.default.copyItem(
            atPath: run.folder.file("parts"), toPath: run.folder.file("moved"))
        try FakeGPU.succeed(run.flags("parts", resume))
        for file in ["open_clip_model.safetensors", "checkpoint-6/optimizer.safetensors"] {
            #expect(try run.bytes("whole/\(file)") == run.bytes("parts/\(file)"), "\(file)")
        }
        try FakeGPU.succeed(
            run.flags(
                "moved",
                ["--max_steps", "7", "--resume_from_checkpoint", "latest", "--device", "cpu"]))
        #expect(try difference("whole", "moved") < 1e-3)
    }

    @Test("Features, classes and evaluations on a GPU are those of the CPU")
    func inference() throws {
        let shapes = run.folder.file("shapes")
        try ShapesExporter(
            imageSize: 32, seed: 3, trainingCount: 8, validationCount: 6, picturesPerClass: 1
        ).write(to: shapes)
        let probe = run.folder.file("probe")
        let manager = FileManager.default
        let pictures = shapes + "/zero_shot/images"
        for (index, folder) in try manager.contentsOfDirectory(atPath: pictures).sorted()
            .prefix(10).enumerated()
        {
            for part in ["train", "val"] {
                let place = "\(probe)/\(part)/\(index < 5 ? "a" : "b")"
                try manager.createDirectory(atPath: place, withIntermediateDirectories: true)
                try manager.copyItem(
                    atPath: "\(pictures)/\(folder)/0.png", toPath: "\(place)/\(index).png")
            }
        }
        try run.folder.writeModel(vocabularySize: 49408, to: "words.json")
        let model = run.folder.file("out")
        try FakeGPU.succeed(
            run.flags(
                "out",
                [
                    "--model", run.folder.file("words.json"), "--task_name", "coco_clip",
                    "--data_root", shapes, "--max_steps", "2", "--warmup_steps", "0",
                    "--save_strategy", "no",
                ]))
        let labels = try run.folder.write("a red circle\na blue square\n", to: "labels.txt")
        func compute(_ device: String) throws -> [Substring] {
            let common = ["--model", model, "--device", device, "--threads", "1"]
            let pictures = ["--images", pictures]
            let embed =
                ["embed", "--texts", labels, "--output", run.folder.file(device + ".safetensors")]
                + common + pictures
            let classify = ["classify", "--labels", labels, "--top", "1"] + common + pictures
            let evaluate =
                [
                    "eval", "--classification_eval", shapes + "/zero_shot", "--retrieval_eval",
                    shapes, "--retrieval_split", "val", "--linear_probe", probe,
                ] + common
            try FakeGPU.succeed(["verify", model, "--device", device])
            return try [embed, classify, evaluate].flatMap {
                // Times and the solver's iterations are a machine's own.
                try FakeGPU.succeed($0).output.split(separator: "\n").filter { line in
                    !line.hasSuffix(" s")
                        && !["eval_runtime", "iterations"].contains { line.contains($0) }
                }
            }
        }
        let (cpu, gpu) = (try compute("cpu"), try compute("cuda"))
        let differences = zip(cpu, gpu).filter { $0 != $1 }
        #expect(differences.isEmpty && cpu.count == gpu.count, "\(differences)")
        #expect(cpu.contains { $0.hasPrefix("top-1 ") })
        for name in ["image_features", "text_features"] {
            let values = try ["cuda", "cpu"].map {
                try SafetensorsFile(path: run.folder.file("\($0).safetensors"))
                    .tensor(named: name).floats()
            }
            let comparison = Comparison(values[0], values[1])
            #expect(comparison.isWithin(Tolerance.unitFeatures), "\(name): \(comparison)")
        }
    }

    @Test("A demo and a benchmark run on a GPU")
    func others() throws {
        let demo = ["demo", "--max_steps", "1", "--output_dir", run.folder.file("demo")]
        #expect(try FakeGPU.succeed(demo + ["--device", "cuda"]).output.contains("report: "))
        let bench = ["bench", "loss", "--batch_size", "64", "--width", "8", "--json"]
        let text = try FakeGPU.succeed(bench + ["--device", "cuda:1"]).output
        #expect(text.contains("\"device\":\"cuda:1\""), "\(text)")
    }
}
