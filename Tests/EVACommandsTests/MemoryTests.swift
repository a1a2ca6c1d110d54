import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

/// What a step needs in memory: the estimate, and what happens where it cannot be had.
@Suite struct MemoryTests {
    /// The most by which an estimate may miss what the allocator measured.
    private static let tolerance = 0.1

    private enum Model: String, CaseIterable {
        /// EVA-02: gated feed-forwards, norms inside, rotary positions; most is in activations.
        case gated
        /// EVA-01's plain blocks beside a large text tower; most is in weights.
        case plain

        var json: String {
            switch self {
            case .gated:
                """
                {"embed_dim": 128,
                 "vision_cfg": {"image_size": 64, "layers": 6, "width": 192, "head_width": 64,
                  "mlp_ratio": 2.6667, "patch_size": 8, "eva_model_name": "g",
                  "drop_path_rate": 0, "rope": true, "pt_hw_seq_len": 16, "intp_freq": true,
                  "naiveswiglu": true, "subln": true},
                 "text_cfg": {"context_length": 40, "vocab_size": 1000, "width": 128, "heads": 2,
                  "layers": 4}}
                """
            case .plain:
                """
                {"embed_dim": 128,
                 "vision_cfg": {"image_size": 64, "layers": 3, "width": 256, "head_width": 64,
                  "mlp_ratio": 4, "patch_size": 16, "eva_model_name": "p", "drop_path_rate": 0},
                 "text_cfg": {"context_length": 40, "vocab_size": 20000, "width": 256, "heads": 4,
                  "layers": 6}}
                """
            }
        }

        var vocabularySize: Int64 { self == .gated ? 1000 : 20000 }
    }

    /// Pictures and texts that fill the context, so that the estimate's bound is met.
    private func writeTensors(_ model: Model, in folder: TinyFolder) throws -> String {
        let count = 64
        let pixels = (0..<count * 3 * 64 * 64).map { Float($0 % 977) / 250 - 2 }
        let ids = (0..<count * 40).map {
            $0 % 40 == 39 ? model.vocabularySize - 1 : Int64($0 * 7 % 900)
        }
        try SafetensorsWriter.write(
            [
                ("image", HostTensor(pixels, shape: [count, 3, 64, 64])),
                ("input_ids", HostTensor(ids, shape: [count, 40])),
            ], to: folder.file("data.safetensors"))
        return "tensors:" + folder.file("data.safetensors")
    }

    @Test("The estimate is within 10 % of what the allocator measured")
    func estimate() throws {
        for model in Model.allCases {
            let folder = try TinyFolder()
            let json = try folder.write(model.json, to: "model.json")
            let data = try writeTensors(model, in: folder)
            for flags in [
                "", "--bf16", "--recompute", "--bf16 --recompute",
                "--optimizer lamb --per_device_train_batch_size 4",
                "--optimizer lion --ema_decay 0.9 --per_device_train_batch_size 4",
                "--bf16 --contrastive_accumulation 2 --per_device_train_batch_size 16",
            ] {
                let outcome = try EvaclipProcess.run(
                    [
                        "train", "--model", json, "--task_name", data, "--output_dir",
                        folder.file("out"), "--overwrite_output_dir", "--threads", "1", "--device",
                        "cpu", "--per_device_train_batch_size", "32", "--optimizer", "adamw",
                        "--max_steps", "2", "--save_strategy", "no", "--tensorboard", "false",
                    ] + flags.split(separator: " ").map(String.init))
                let match = try #require(
                    outcome.errors.firstMatch(
                        of: /tensors took ([0-9]+) MiB at most, estimated ([0-9]+) MiB/),
                    "\(outcome.errors)")
                let measured = try #require(Double(match.1))
                let estimated = try #require(Double(match.2))
                #expect(
                    abs(estimated / measured - 1) < Self.tolerance,
                    "\(model) \(flags): measured \(measured), estimated \(estimated)")
            }
        }
    }

    @Test("A batch that cannot fit is refused before anything is made, with the remedy")
    func hugeBatch() throws {
        let run = try TinyRun()
        let words = try run.folder.writeModel(vocabularySize: 49408, to: "words.json")
        let flags = run.flags(
            "a",
            [
                "--model", words, "--task_name", "shapes", "--train_num_samples", "200000",
                "--max_steps", "1", "--warmup_steps", "0", "--per_device_train_batch_size",
                "100000",
            ])
        let outcome = try EvaclipProcess.run(flags, shell: "ulimit -v 6000000")
        #expect(outcome.code == 1, "\(outcome)")
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(outcome.errors)")
        for word in [
            "--per_device_train_batch_size 100000", "ulimit -v", "GiB",
            "--contrastive_accumulation", "--recompute",
        ] {
            #expect(outcome.errors.contains(word), "no '\(word)' in: \(outcome.errors)")
        }
        #expect(!run.exists("a"))
    }

    @Test("A benchmark that cannot fit is refused", arguments: ["tiled", "plain"])
    func benchmark(form: String) throws {
        try EvaclipProcess.expectFailure(
            ["bench", "loss", "--form", form, "--batch-size", "1048576", "--width", "65536"],
            code: 1, words: ["--batch_size 1048576", "smaller batch", "GiB"])
    }
}
