import EVAData
import EVATestSupport
import Foundation
import Testing

/// Evaluation by the command: of a model that was trained for a moment, on drawn pictures.
@Suite struct EvaluationTests {
    private let run: TinyRun
    private let shapes: String

    /// The folder that training wrote.
    private var model: String { run.folder.file("out") }

    init() throws {
        run = try TinyRun()
        shapes = run.folder.file("shapes")
        let exporter = ShapesExporter(
            imageSize: 32, seed: 3, trainingCount: 8, validationCount: 6, picturesPerClass: 1)
        try exporter.write(to: shapes)
        try run.folder.writeModel(vocabularySize: 49408, to: "words.json")
        let outcome = try EvaclipProcess.run(
            run.flags(
                "out",
                [
                    "--model", run.folder.file("words.json"), "--task_name", "coco_clip",
                    "--data_root", shapes, "--max_steps", "2", "--warmup_steps", "0",
                    "--save_strategy", "no",
                ]))
        try #require(outcome.code == 0, "\(outcome.errors)")
    }

    private func evaluate(_ flags: String...) throws -> (
        outcome: EvaclipProcess.Outcome, report: [String: Any]
    ) {
        try evaluate(flags)
    }

    private func evaluate(_ flags: [String]) throws -> (
        outcome: EvaclipProcess.Outcome, report: [String: Any]
    ) {
        let output = run.folder.file("evaluated-\(UUID())")
        let outcome = try EvaclipProcess.run(
            ["eval", "--model", model, "--threads", "1", "--output_dir", output] + flags)
        try #require(outcome.code == 0, "\(outcome.errors)")
        let report = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: output + "/eval.json")))
        return (outcome, try #require(report as? [String: Any]))
    }

    @Test("Bare class folders are named and put into sentences by what is built in")
    func bareFolders() throws {
        let manager = FileManager.default
        let pictures = shapes + "/zero_shot/images"
        let folders = try manager.contentsOfDirectory(atPath: pictures).sorted()
        let bare = run.folder.file("bare")
        try manager.createDirectory(atPath: bare, withIntermediateDirectories: true)
        for (folder, name) in zip(folders, ["n01440764", "golden_retriever", "red_thing"]) {
            try manager.copyItem(atPath: "\(pictures)/\(folder)", toPath: "\(bare)/\(name)")
        }
        let (outcome, report) = try evaluate("--classification_eval", bare)
        let classes = try #require(report["per_class"] as? [[String: Any]])
        #expect(
            classes.map { $0["name"] as? String } == ["Golden Retriever", "tench", "red thing"])
        #expect(report["top5"] as? Double == 100)
        for words in ["no images/", "called by their folder: red_thing", "80 built-in sentences"] {
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
        for words in ["there are only 3 classes", "eval_val/imagenet-zeroshot-val-top1: "] {
            #expect(outcome.output.contains(words), "\(outcome.output)")
        }
        let names = try run.folder.write("a\nb\nc\n", to: "names")
        let sentences = try run.folder.write("{}\n", to: "sentences")
        let named = try evaluate(
            "--classification_eval", bare, "--labels", names, "--templates", sentences)
        #expect(
            (named.report["per_class"] as? [[String: Any]])?.map { $0["name"] as? String }
                == ["a", "b", "c"])
    }

    @Test(
        "Models are evaluated in numbers of 16 bits",
        arguments: [["--bf16"], ["--fp16", "True"], ["--fp16", "--fp16_opt_level", "O2"]])
    func precision(flags: [String]) throws {
        let (_, report) = try evaluate(["--classification_eval", shapes + "/zero_shot"] + flags)
        #expect(report["images"] as? Int == 24)
    }

    @Test("Retrieval stands in eval.json under its own key, alone or beside classification")
    func retrieval() throws {
        let (outcome, alone) = try evaluate("--retrieval_eval", shapes, "--retrieval_split", "val")
        #expect(outcome.output.contains("text to image"))
        #expect(alone["top1"] == nil)
        let figures = try #require(alone["retrieval"] as? [String: Any])
        #expect(figures["images"] as? Int == 6 && figures["texts"] as? Int == 6)
        let metrics = try #require(figures["metrics"] as? [String: Double])
        #expect(
            Set(metrics.keys)
                == Set(
                    ["image", "text"].flatMap { side in
                        [1, 5, 10].map { "\(side)_retrieval_recall@\($0)" }
                    }))
        #expect(metrics["image_retrieval_recall@10"] == 1)
        #expect((figures["text_to_image"] as? [String: Double])?["r10"] == 100)
        let (_, both) = try evaluate(
            "--retrieval_eval", shapes + "/annotations/coco_karpathy_val.json",
            "--classification_eval", shapes + "/zero_shot")
        #expect(both["images"] as? Int == 24)
        #expect(
            (both["retrieval"] as? [String: Any])?["metrics"] as? [String: Double] == metrics)
    }

    @Test("A linear probe learns from train/ and is tried on val/, the same every time")
    func linearProbe() throws {
        let manager = FileManager.default
        let pictures = shapes + "/zero_shot/images"
        let folders = try manager.contentsOfDirectory(atPath: pictures).sorted()
        // Two classes of five pictures each; the same pictures to try it on.
        let probe = run.folder.file("probe")
        for (index, folder) in folders.prefix(10).enumerated() {
            for part in ["train", "val"] {
                let place = "\(probe)/\(part)/\(index < 5 ? "a" : "b")"
                try manager.createDirectory(atPath: place, withIntermediateDirectories: true)
                try manager.copyItem(
                    atPath: "\(pictures)/\(folder)/0.png", toPath: "\(place)/\(index).png")
            }
        }
        let (outcome, report) = try evaluate("--linear_probe", probe)
        #expect(outcome.output.contains("chosen on 2 held-out pictures"), "\(outcome.output)")
        let figures = try #require(report["linear_probe"] as? [String: Any])
        #expect(figures["images"] as? Int == 10 && figures["training_images"] as? Int == 10)
        #expect(figures["held_out_images"] as? Int == 2 && figures["classes"] as? Int == 2)
        #expect(figures["converged"] as? Bool == true)
        #expect(
            Set((figures["metrics"] as? [String: Double] ?? [:]).keys)
                == ["lp_acc1", "lp_acc5", "lp_mean_per_class_recall"])
        let given = try evaluate("--linear_probe", probe, "--linear_probe_l2", "1e-6")
        let strong = try #require(given.report["linear_probe"] as? [String: Any])
        #expect(strong["l2"] as? Double == 1e-6 && strong["top1"] as? Double == 100)
    }

    @Test("A classifier is kept for the next evaluation, unless that is unwanted")
    func classifierCache() throws {
        let cache = run.folder.file("cache")
        func evaluate(_ flags: String...) throws -> EvaclipProcess.Outcome {
            let outcome = try EvaclipProcess.run(
                ["eval", "--model", model, "--classification_eval", shapes + "/zero_shot"]
                    + ["--threads", "1"] + flags, shell: "export EVACLIP_HOME='\(cache)'")
            try #require(outcome.code == 0, "\(outcome.errors)")
            return outcome
        }
        func figures(_ outcome: EvaclipProcess.Outcome) -> [Substring] {
            outcome.output.split(separator: "\n").filter {
                !$0.contains("s") || $0.contains("top-")
            }
        }
        let without = try evaluate("--classifier_cache", "false")
        #expect(!run.exists("cache"))
        let first = try evaluate()
        #expect(first.errors.contains("classifier kept in \(cache)/classifiers/"))
        let second = try evaluate()
        #expect(second.errors.contains("classifier read from \(cache)/classifiers/"))
        #expect(figures(first) == figures(without) && figures(second) == figures(without))
    }

    @Test("Evaluation on the way keeps to its steps and its limit of batches")
    func schedule() throws {
        let outcome = try EvaclipProcess.run(
            run.flags(
                "scheduled",
                [
                    "--model", run.folder.file("words.json"), "--task_name", "coco_clip",
                    "--data_root", shapes, "--max_steps", "5", "--evaluation_strategy", "steps",
                    "--eval_steps", "2", "--max_evaluate_steps", "1",
                    "--per_device_eval_batch_size", "5", "--eval_accumulation_steps", "3",
                    "--classification_eval", shapes + "/zero_shot", "--save_strategy", "no",
                ]))
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("--eval_accumulation_steps"), "\(outcome.errors)")
        let evaluations = try run.lines("scheduled/eval.jsonl").map {
            try JSONDecoder().decode([String: Double].self, from: Data($0.utf8))
        }
        #expect(evaluations.map { $0["step"] } == [2, 4])
        #expect(evaluations.map { $0["images"] } == [5, 5])
    }

    /// The original's README gives this command, with `python .../run_zero_shot_eval.py` for
    /// `evaclip eval`.
    @Test("The original's evaluation command runs as it stands")
    func originalEvaluation() throws {
        let outcome = try EvaclipProcess.run(
            [
                "eval", "--per_device_eval_batch_size", "32", "--dataloader_num_workers=2",
                "--model", model, "--fp16", "False", "--pretrained_text_model",
                "EVA02-CLIP-L-14", "--classification_eval", shapes + "/zero_shot", "--output_dir",
                "output", "--disable_tqdm", "True",
            ], shell: "cd '\(run.folder.path)'")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("eval_top1: "))
        #expect(outcome.errors.contains("--pretrained_text_model"), "\(outcome.errors)")
        let report = try #require(
            JSONSerialization.jsonObject(with: run.bytes("output/eval.json")) as? [String: Any])
        #expect(report["images"] as? Int == 24)
    }

    /// The original's README gives this command, with a launcher of eight processes and
    /// `run_pretrain_dist.py` for `evaclip train`; here with less warm-up and fewer steps.
    @Test("The original's training command runs as it stands, evaluating on the way")
    func originalTraining() throws {
        // Its data lies where PaddleMIX keeps it.
        let home = run.folder.file("home")
        try FileManager.default.createDirectory(
            atPath: home + "/datasets", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: home + "/datasets/coco", withDestinationPath: shapes)
        let outcome = try EvaclipProcess.run(
            [
                "train", "--dataloader_num_workers=2", "--per_device_train_batch_size", "4",
                "--per_device_eval_batch_size", "8", "--model", model, "--optimizer", "lamb",
                "--warmup_steps", "2", "--learning_rate", "5e-4", "--visual_lr", "2e-4",
                "--text_lr", "2e-5", "--weight_decay", "0.05", "--visual_wd", "0.05", "--text_wd",
                "0.05", "--layer_decay", "1.0", "--visual_ld", "0.75", "--text_ld", "0.75",
                "--adam_beta1", "0.9", "--adam_beta2", "0.999", "--adam_epsilon", "1e-8",
                "--max_grad_norm", "5.0", "--num_train_epochs", "2", "--tensor_parallel_degree",
                "1", "--sharding_parallel_degree", "8", "--sharding", "stage2", "--bf16", "False",
                "--output_dir", "./output", "--logging_steps", "1", "--do_train", "--disable_tqdm",
                "True", "--save_steps", "50000", "--local_loss", "true", "--gather_with_grad",
                "true", "--pretrained_text_model", model, "--classification_eval",
                shapes + "/zero_shot", "--do_eval", "--retrieval_eval",
                shapes + "/annotations/coco_karpathy_val.json",
            ], shell: "cd '\(run.folder.path)'; export PPMIX_HOME='\(home)'")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(run.exists("output/open_clip_model.safetensors"))
        let evaluations = try run.lines("output/eval.jsonl").map {
            try JSONDecoder().decode([String: Double].self, from: Data($0.utf8))
        }
        // --do_eval evaluates every --logging_steps.
        #expect(evaluations.map { $0["step"] } == [1, 2, 3, 4])
        for figures in evaluations {
            #expect(figures["images"] == 24 && figures["top1"] != nil)
            #expect(figures["image_retrieval_recall@10"] == 1)
        }
        #expect(outcome.errors.contains("recall at 1: text to image"), "\(outcome.errors)")
    }
}
