import EVAConfiguration
import EVAData
import EVAImaging
import EVATensorFiles
import EVATestSupport
import EVATokenizer
import Foundation
import Testing

/// The verbs one after the other on pictures in files: train, then everything that uses a model.
@Suite struct PipelineTests {
    /// A COCO folder, an evaluation folder, and a model trained on them.
    private struct Trained {
        let folder: TinyFolder
        let run: TinyRun

        init() throws {
            run = try TinyRun()
            folder = run.folder
            let exporter = ShapesExporter(
                imageSize: 32, seed: 3, trainingCount: 14, validationCount: 1, picturesPerClass: 1)
            try exporter.write(to: folder.file("shapes"))
            try folder.writeModel(vocabularySize: 49408, to: "words.json")
            let outcome = try EvaclipProcess.run(
                run.flags(
                    "out",
                    [
                        "--model", folder.file("words.json"), "--task_name", "coco_clip",
                        "--data_root", folder.file("shapes"), "--max_steps", "4", "--save_steps",
                        "2", "--logging-steps", "1", "--evaluation_strategy", "epoch",
                        "--classification_eval", folder.file("shapes/zero_shot"), "--warmup_steps",
                        "0", "--save_total_limit", "2", "--disable_tqdm", "True",
                    ]))
            try #require(outcome.code == 0, "\(outcome.errors)")
        }

        var model: String { folder.file("out") }
        var classes: String { folder.file("shapes/zero_shot") }
        var pictures: String { folder.file("shapes/images/train") }
    }

    @Test("Every verb works on what training leaves behind")
    func verbs() throws {
        let trained = try Trained()
        try train(trained)
        try evaluation(trained)
        try embed(trained)
        try classify(trained)
        try inputs(trained)
        try continued(trained)
    }

    /// Training writes metrics, checkpoints, its record and the model.
    private func train(_ trained: Trained) throws {
        let run = trained.run
        let keys: Set = [
            "step", "loss", "learning_rate", "visual_lr", "text_lr", "grad_norm", "logit_scale",
            "samples_per_second", "data_seconds", "step_seconds",
        ]
        let lines = try run.lines("out/metrics.jsonl").map {
            try JSONDecoder().decode([String: Double].self, from: Data($0.utf8))
        }
        #expect(lines.map { $0["step"] } == [1, 2, 3, 4])
        for line in lines { #expect(Set(line.keys) == keys) }
        #expect(lines[0]["visual_lr"] == 1e-3)
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: trained.model + "/latest")
                == "checkpoint-4")
        for folder in ["out", "out/checkpoint-2", "out/checkpoint-4", "out/latest"] {
            for file in ["config.json", "open_clip_config.json", "open_clip_model.safetensors"] {
                #expect(run.exists("\(folder)/\(file)"), "\(folder)/\(file)")
            }
        }
        #expect(
            try run.bytes("out/open_clip_model.safetensors")
                == run.bytes("out/checkpoint-4/open_clip_model.safetensors"))
        #expect(
            try run.bytes("out/open_clip_model.safetensors")
                != run.bytes("out/checkpoint-2/open_clip_model.safetensors"))
        #expect(try run.leftovers("out").isEmpty)
        let record = try #require(
            JSONSerialization.jsonObject(with: run.bytes("out/run.json")) as? [String: Any])
        #expect(record["threads"] as? Int == 1)
        #expect((record["configuration"] as? [String: Any])?["seed"] as? Int == 42)
    }

    /// Evaluation in the course of training is that of the finished model.
    private func evaluation(_ trained: Trained) throws {
        let during = try trained.run.lines("out/eval.jsonl").map {
            try JSONDecoder().decode([String: Double].self, from: Data($0.utf8))
        }
        // Fourteen scenes are three steps of four; the fourth step belongs to the next epoch.
        #expect(during.map { $0["step"] } == [3])
        #expect(during.first?["images"] == 24)
        let output = trained.folder.file("evaluated")
        let table = try EvaclipProcess.succeed(
            "eval", "--model", trained.model, "--classification_eval", trained.classes,
            "--output_dir", output, "--threads", "1", "--per_device_eval_batch_size", "5")
        #expect(table.contains("top-1"), "\(table)")
        let report = try #require(
            JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: output + "/eval.json")))
                as? [String: Any])
        #expect(report["images"] as? Int == 24)
        #expect(report["classes"] as? Int == 24)
        #expect((report["per_class"] as? [Any])?.count == 24)
        let (top1, top5) = (report["top1"] as? Double ?? -1, report["top5"] as? Double ?? -1)
        #expect((0...100).contains(top1) && top1 <= top5)
    }

    /// Embedding gives unit vectors, the same from a folder, from files and from ready pixels.
    private func embed(_ trained: Trained) throws {
        let folder = trained.folder
        let texts = try folder.write("a red circle\na photo of a blue star\n", to: "texts.txt")
        let files = (0..<14).map { "\(trained.pictures)/\($0).png" }.sorted()
        try EvaclipProcess.succeed(
            "embed", "--model", trained.model, "--images", trained.pictures, "--texts", texts,
            "--output", folder.file("a.safetensors"), "--threads", "1")
        let list = try folder.write(#"["a red circle", "a photo of a blue star"]"#, to: "t.json")
        let outcome = try EvaclipProcess.run(
            ["embed", "--model=\(trained.model)/checkpoint-4", "--texts", list, "--images"] + files
                + ["--batch-size", "3", "--output", folder.file("b.safetensors"), "--threads", "1"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        try EvaclipProcess.succeed(
            "preprocess", "--model", trained.model, "--images", trained.pictures, "--output",
            folder.file("pixels.safetensors"))
        let pixels = try SafetensorsFile(path: folder.file("pixels.safetensors"))
        try SafetensorsWriter.write(
            [("image", pixels.tensor(named: "pixels"))], to: folder.file("ready.safetensors"))
        try EvaclipProcess.succeed(
            "embed", "--model", trained.model, "--pixels", folder.file("ready.safetensors"),
            "--output", folder.file("c.json"), "--threads", "1")
        let (a, b) = (
            try SafetensorsFile(path: folder.file("a.safetensors")),
            try SafetensorsFile(path: folder.file("b.safetensors"))
        )
        let features = try a.tensor(named: "image_features")
        #expect(features.shape == [14, 16])
        #expect(try a.tensor(named: "text_features").shape == [2, 16])
        for row in 0..<14 {
            let values = try features.floats()[row * 16..<(row + 1) * 16]
            #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
        for name in ["image_features", "text_features", "logit_scale"] {
            let comparison = Comparison(
                try a.tensor(named: name).floats(), try b.tensor(named: name).floats())
            #expect(comparison.isWithin(Tolerance.unitFeatures), "\(name): \(comparison)")
        }
        let json = try #require(
            JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: folder.file("c.json"))))
                as? [String: Any])
        let rows = try #require(json["image_features"] as? [[Double]])
        let comparison = Comparison(rows.flatMap { $0.map(Float.init) }, try features.floats())
        #expect(comparison.isWithin(Tolerance.unitFeatures), "\(comparison)")
    }

    /// Classification ranks labels by probability.
    private func classify(_ trained: Trained) throws {
        let picture = trained.pictures + "/0.png"
        let labels = try String(
            contentsOfFile: trained.classes + "/labels.txt", encoding: .utf8
        ).split(separator: "\n")
        let output = try EvaclipProcess.succeed(
            "classify", "--model", trained.model, "--labels", trained.classes + "/labels.txt",
            "--images", picture, trained.pictures + "/1.png", "--json", "--top", "24", "--threads",
            "1")
        let results = try output.split(separator: "\n").map {
            try #require(
                JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(results.map { $0["image"] as? String } == [picture, trained.pictures + "/1.png"])
        let ranked = try #require(results[0]["labels"] as? [[String: Any]])
        #expect(Set(ranked.compactMap { $0["label"] as? String }) == Set(labels.map(String.init)))
        let shares = ranked.compactMap { $0["probability"] as? Double }
        #expect(shares == shares.sorted(by: >))
        #expect(abs(shares.reduce(0, +) - 1) < 1e-5)
        let table = try EvaclipProcess.succeed(
            "classify", "--model", trained.model, "--labels", "red circle", "blue star",
            "--images", picture, "--threads", "1")
        #expect(table.contains("red circle") && table.contains("blue star") && table.contains("%"))
    }

    /// Preprocessing and tokenizing write what the model sees.
    private func inputs(_ trained: Trained) throws {
        let folder = trained.folder
        let picture = trained.pictures + "/3.png"
        try EvaclipProcess.succeed(
            "preprocess", "--model", trained.model, "--images", picture, "--output",
            folder.file("one.safetensors"))
        let pixels = try SafetensorsFile(path: folder.file("one.safetensors")).tensor(
            named: "pixels")
        #expect(pixels.shape == [1, 3, 32, 32])
        let preprocessing = PreprocessingConfiguration(imageSize: 32)
        let image = try ImageDecoder.decode(contentsOf: picture)
        // The picture has the model's size already, so only the normalisation is left of it.
        var expected: [Float] = []
        for channel in 0..<3 {
            for place in 0..<32 * 32 {
                let value = Float(image.pixels[place * 3 + channel]) / 255
                expected.append((value - preprocessing.mean[channel]) / preprocessing.std[channel])
            }
        }
        let comparison = Comparison(try pixels.floats(), expected)
        #expect(comparison.isWithin(1e-6), "\(comparison)")

        let texts = try folder.write("A  red circle\ncaf\u{E9} &amp; more\n", to: "words.txt")
        try EvaclipProcess.succeed(
            "tokenize", "--model", trained.model, "--texts", texts, "--output",
            folder.file("ids.safetensors"))
        try EvaclipProcess.succeed(
            "tokenize", "--texts", texts, "--output", folder.file("ids.json"))
        let tokenizer = try CLIPTokenizer.published()
        let lines = ["A  red circle", "caf\u{E9} &amp; more"]
        let ids = try SafetensorsFile(path: folder.file("ids.safetensors")).tensor(
            named: "input_ids")
        #expect(ids.shape == [2, 16])
        #expect(
            try ids.values(as: Int64.self)
                == lines.flatMap { tokenizer.encode($0, contextLength: 16).map(Int64.init) })
        let json = try JSONDecoder().decode(
            [String: [[Int32]]].self,
            from: Data(contentsOf: URL(fileURLWithPath: folder.file("ids.json"))))
        #expect(json["input_ids"] == lines.map { tokenizer.encode($0, contextLength: 77) })
    }

    @Test("The list of models has the seven with their exact sizes")
    func models() throws {
        let output = try EvaclipProcess.succeed("models", "--json")
        let rows = try #require(
            JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
        let named = Dictionary(
            uniqueKeysWithValues: rows.map {
                ($0["name"] as? String ?? "", $0["parameters"] as? Int ?? 0)
            })
        for preset in ModelPreset.all {
            #expect(named[preset.name] == preset.configuration.parameterCount)
        }
        #expect(try EvaclipProcess.succeed("models").contains("EVA02-CLIP-B-16"))
    }

    /// A trained model goes on to be trained on the drawn data set, from its weights.
    private func continued(_ trained: Trained) throws {
        let outcome = try EvaclipProcess.run(
            trained.run.flags(
                "more",
                [
                    "--model", trained.model, "--pretrained", "--task_name", "shapes",
                    "--train_num_samples", "9", "--num_train_epochs", "2", "--save_strategy",
                    "epoch", "--logging_strategy", "epoch", "--warmup_steps", "0", "--bf16", "True",
                    "--sharding", "stage1", "--local_loss", "true", "--gather_with_grad", "true",
                    "--fp16_opt_level", "O2", "--ema_decay", "0.5", "--evaluation_strategy",
                    "epoch", "--classification_eval", trained.classes,
                ]))
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("weights loaded from \(trained.model)"))
        #expect(outcome.errors.contains("--sharding"))
        #expect(outcome.errors.contains("--local_loss"))
        // Nine scenes are two steps of four in each epoch.
        #expect(try trained.run.metrics("more").map { $0["step"] } == [2, 4])
        #expect(trained.run.exists("more/checkpoint-2"))
        #expect(trained.run.exists("more/checkpoint-4"))
        #expect(outcome.errors.contains("averaged weights: top-1"), "\(outcome.errors)")
        // What was found of the averaged weights is what the folder of them gives.
        let last = try #require(trained.run.lines("more/eval.jsonl").last)
        let during = try JSONDecoder().decode([String: Double].self, from: Data(last.utf8))
        let output = trained.folder.file("averaged")
        try EvaclipProcess.succeed(
            "eval", "--model", trained.folder.file("more/ema"), "--classification_eval",
            trained.classes, "--output_dir", output, "--threads", "1", "--bf16")
        let report = try #require(
            JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: output + "/eval.json")))
                as? [String: Any])
        #expect(during["ema_top1"] == report["top1"] as? Double)
        #expect(during["ema_top5"] == report["top5"] as? Double)
    }
}
