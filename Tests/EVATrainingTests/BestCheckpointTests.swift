import EVAConfiguration
import EVAData
import EVATestSupport
import EVATraining
import Foundation
import Testing
import Torch

/// Which checkpoint a run that evaluates keeps as its best.
@Suite struct BestCheckpointTests {
    private let folder: TinyFolder

    init() throws {
        folder = try TinyFolder()
        try folder.writeModel(vocabularySize: 49408)
        let exporter = ShapesExporter(
            imageSize: 32, seed: 3, trainingCount: 1, validationCount: 1, picturesPerClass: 3)
        try exporter.write(to: folder.file("shapes"))
    }

    private func configuration(_ name: String, _ flags: String) throws -> TrainingConfiguration {
        try TrainingConfiguration(
            flags: FlagParser.parse(
                [
                    "--model", folder.file("model.json"), "--task_name", "shapes",
                    "--train_num_samples", "40", "--output_dir", folder.file(name),
                    "--per_device_train_batch_size", "4", "--optimizer", "adamw",
                    "--logging_steps", "1", "--max_steps", "8", "--save_steps", "3",
                    "--visual_lr", "2e-3", "--text_lr", "2e-3", "--tensorboard", "false",
                    "--evaluation_strategy", "steps", "--eval_steps", "1", "--classification_eval",
                    folder.file("shapes/zero_shot"), "--per_device_eval_batch_size", "36",
                ] + flags.split(separator: " ").map(String.init), verb: .train))
    }

    /// Trains and gives the evaluations.
    @discardableResult
    private func train(
        _ name: String, _ flags: String, stopAfter step: Int? = nil
    ) throws -> (trainer: Trainer, evaluations: [EvaluationEntry]) {
        var evaluations: [EvaluationEntry] = []
        let trainer = try Trainer(configuration(name, flags), device: .cpu)
        _ = try trainer.run(
            shouldStop: { trainer.state.step == step }, evaluation: { evaluations.append($0) })
        return (trainer, evaluations)
    }

    private func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
    }

    private func linked(_ name: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: folder.file(name))
    }

    @Test(
        "The first best evaluation is kept beyond the limit, and ends the run where asked",
        arguments: ["true", "false"])
    func best(greaterIsBetter: String) throws {
        let flags =
            "--metric_for_best_model eval_top5 --greater_is_better \(greaterIsBetter) "
            + "--load_best_model_at_end --save_total_limit 1"
        let (trainer, evaluations) = try train("a", flags)
        let figures = evaluations.compactMap { $0.figures["top5"] }
        #expect(figures.count == 8 && Set(figures).count > 1, "\(figures)")
        let best = try #require(greaterIsBetter == "true" ? figures.max() : figures.min())
        let step = try #require(figures.firstIndex(of: best)) + 1
        #expect(trainer.state.best?.value == best && trainer.state.best?.step == step)
        #expect(CheckpointFolder(root: folder.file("a")).steps == Set([step, 8]).sorted())
        #expect(try linked("a/best") == "checkpoint-\(step)")
        let file = "open_clip_model.safetensors"
        #expect(try bytes("a/\(file)") == bytes("a/checkpoint-\(step)/\(file)"))
        // An interrupted run keeps the same one, and evaluates as often.
        try train("b", flags, stopAfter: 4)
        #expect(try linked("b/latest") == "checkpoint-4")
        let resumed = try train("b", flags + " --resume_from_checkpoint latest")
        #expect(resumed.evaluations.map(\.step) == [4, 5, 6, 7, 8])
        #expect(resumed.trainer.state == trainer.state)
        #expect(try bytes("b/\(file)") == bytes("a/\(file)"))
        #expect(try linked("b/best") == "checkpoint-\(step)")
    }

    @Test("A run has at least as many evaluations as it was asked for")
    func minimumCount() throws {
        let sparse = "--eval_steps 6"
        #expect(try train("a", sparse).evaluations.map(\.step) == [6])
        let atLeast = sparse + " --minimum_eval_times "
        #expect(try train("b", atLeast + "1").evaluations.map(\.step) == [6])
        #expect(try train("c", atLeast + "4").evaluations.map(\.step) == [2, 4, 6, 8])
    }

    @Test("A figure that no evaluation has is refused before the run, with those there are")
    func unknownFigure() throws {
        let error = #expect(throws: UsageError.self) {
            try train("a", "--metric_for_best_model top2")
        }
        let text = "\(error.map(String.init(describing:)) ?? "")"
        #expect(text.contains("top1") && text.contains("mean_per_class_recall"), "\(text)")
        #expect(!text.contains("retrieval"), "\(text)")
    }
}
