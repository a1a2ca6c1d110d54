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
}
