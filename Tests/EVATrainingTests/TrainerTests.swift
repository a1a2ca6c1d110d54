import EVAConfiguration
import EVALayers
import EVAModels
import EVATestSupport
import EVATraining
import Foundation
import Testing
import Torch

/// Runs of a tiny model in this process.
@Suite struct TrainerTests {
    private let folder: TinyFolder

    init() throws {
        folder = try TinyFolder()
        try folder.writeModel()
        try folder.writeTensors()
    }

    private func configuration(_ name: String, _ flags: [String] = []) throws
        -> TrainingConfiguration
    {
        try TrainingConfiguration(
            flags: FlagParser.parse(
                [
                    "--model", folder.file("model.json"), "--task_name",
                    "tensors:" + folder.file("data.safetensors"), "--output_dir",
                    folder.file(name), "--per_device_train_batch_size", "4", "--optimizer",
                    "adamw", "--logging_steps", "1", "--max_steps", "6", "--save_strategy", "no",
                    "--tensorboard", "false",
                ] + flags, verb: .train))
    }

    /// Runs to the end and gives what was reported.
    @discardableResult
    private func train(_ configuration: TrainingConfiguration) throws -> [StepReport] {
        var reports: [StepReport] = []
        let trainer = try Trainer(configuration, device: .cpu)
        _ = try trainer.run(report: { reports.append($0) })
        return reports
    }

    private func lines(_ name: String) throws -> [String] {
        try String(contentsOfFile: folder.file(name), encoding: .utf8).split(separator: "\n")
            .map(String.init)
    }

    @Test("Reports hold the rates of the step that was taken")
    func rates() throws {
        let reports = try train(
            configuration(
                "a",
                [
                    "--warmup_steps", "2", "--visual_lr", "1e-3", "--text_lr", "2e-3",
                    "--learning_rate", "3e-3",
                ]))
        let shares = [0, 0.5, 1, 0.8535533905932737, 0.5, 0.14644660940672627]
        #expect(reports.map(\.step) == Array(1...6))
        for (report, share) in zip(reports, shares) {
            #expect(abs(report.visualLearningRate - 1e-3 * share) < 1e-15)
            #expect(abs(report.textLearningRate - 2e-3 * share) < 1e-15)
            #expect(abs(report.learningRate - 3e-3 * share) < 1e-15)
            #expect(report.loss.isFinite && report.gradientNorm > 0)
            #expect(report.samplesPerSecond > 0 && report.stepSeconds >= report.dataSeconds)
        }
        // The first step has rate 0, so the scale is still where it starts.
        #expect(abs(reports[0].logitScale - 1 / 0.07) < 1e-4)
        #expect(abs(reports[2].logitScale - 1 / 0.07) > 1e-4)
    }

    @Test("Constant rates stay, a cool-down falls, an offset comes before its time")
    func schedules() throws {
        func rates(_ flags: String...) throws -> [Double] {
            try train(configuration("s", ["--visual_lr", "1"] + flags)).map(\.visualLearningRate)
        }
        #expect(try rates("--lr_scheduler_type", "constant") == [1, 1, 1, 1, 1, 1])
        #expect(
            try rates("--lr_scheduler_type", "constant_with_warmup", "--warmup_steps", "2")
                == [0, 0.5, 1, 1, 1, 1])
        #expect(
            try rates("--lr_scheduler_type", "constant_with_cooldown", "--cooldown_steps", "4")
                == [1, 1, 1, 0.75, 0.5, 0.25])
        #expect(
            try rates(
                "--lr_scheduler_type", "constant", "--warmup_steps", "4", "--last_epoch", "1")
                == [0.5, 0.75, 1, 1, 1, 1])
    }

    @Test("A report's loss is the mean of its steps, for any interval")
    func meanLoss() throws {
        let each = try train(configuration("a"))
        let both = try train(configuration("b", ["--logging_steps", "4", "--logging_first_step"]))
        #expect(both.map(\.step) == [1, 4, 6])
        func mean(_ steps: ArraySlice<StepReport>) -> Double {
            steps.map(\.loss).reduce(0, +) / Double(steps.count)
        }
        let expected = [mean(each[0..<1]), mean(each[1..<4]), mean(each[4..<6])]
        for (report, loss) in zip(both, expected) { #expect(abs(report.loss / loss - 1) < 1e-6) }
    }

    @Test("Two accumulated batches give the mean of their gradients")
    func accumulation() throws {
        // Samples in file order: a step of two batches of 4 learns from what a batch of 8 holds.
        let flags = [
            "--shuffle", "false", "--max_steps", "1", "--visual_lr", "0", "--text_lr", "0",
        ]
        let whole = try train(configuration("a", flags + ["--max_steps", "2"]))
        let both = try train(configuration("b", flags + ["--gradient_accumulation_steps", "2"]))
        #expect(abs(both[0].loss - (whole[0].loss + whole[1].loss) / 2) < 1e-4)
    }

    @Test("Reports, checkpoints and evaluations fall on the ends of epochs")
    func epochs() throws {
        // 22 samples: five batches of four, two steps of two batches an epoch.
        let reports = try train(
            configuration(
                "a",
                [
                    "--gradient_accumulation_steps", "2", "--logging_strategy", "epoch",
                    "--save_strategy", "epoch", "--max_steps", "5",
                ]))
        #expect(reports.map(\.step) == [2, 4, 5])
        #expect(CheckpointFolder(root: folder.file("a")).steps == [2, 4, 5])
    }

    @Test("Checkpoints are kept to a limit, and written by the clock too")
    func checkpoints() throws {
        try train(
            configuration(
                "a", ["--save_strategy", "steps", "--save_steps", "1", "--save_total_limit", "2"]))
        #expect(CheckpointFolder(root: folder.file("a")).steps == [5, 6])
        try train(configuration("b", ["--save_minutes", "1e-9"]))
        #expect(CheckpointFolder(root: folder.file("b")).steps == Array(1...6))
        try train(configuration("c"))
        #expect(CheckpointFolder(root: folder.file("c")).steps == [])
    }

    @Test("An interrupted run is saved even where no checkpoints were asked for")
    func interrupted() throws {
        let trainer = try Trainer(configuration("a"), device: .cpu)
        #expect(try trainer.run(shouldStop: { trainer.state.step == 3 }) == .interrupted)
        #expect(CheckpointFolder(root: folder.file("a")).steps == [3])
        #expect(!FileManager.default.fileExists(atPath: folder.file("a/config.json")))
    }

    @Test("Resuming drops the metrics of steps that are taken again, and keeps those before")
    func metricsTruncated() throws {
        let save = ["--save_strategy", "steps", "--save_steps", "2"]
        try train(configuration("a", save))
        let whole = try lines("a/metrics.jsonl")
        let log = MetricsFile(path: folder.file("a/metrics.jsonl"))
        try folder.write(
            whole.joined(separator: "\n") + "\n{\"step\": 7, \"lo", to: "a/metrics.jsonl")
        let resume = ["--resume_from_checkpoint", folder.file("a/checkpoint-2")]
        let trainer = try Trainer(configuration("a", save + resume), device: .cpu)
        // Only a run changes what is there.
        #expect(try lines("a/metrics.jsonl").count == 7)
        #expect(trainer.state.step == 2)
        try log.truncate(afterStep: 2)
        #expect(try lines("a/metrics.jsonl") == Array(whole[..<2]))
        #expect(try trainer.run() == .finished)
        #expect(try lines("a/metrics.jsonl").count == 6)
    }

    @Test("A checkpoint of other settings is refused with every difference")
    func otherSettings() throws {
        let save = ["--save_strategy", "steps", "--save_steps", "3"]
        try train(configuration("a", save))
        try folder.writeTensors(count: 30, to: "more.safetensors")
        let error = #expect(throws: TrainingError.self) {
            try Trainer(
                configuration(
                    "a",
                    save + [
                        "--resume_from_checkpoint", "latest", "--seed", "7", "--max_steps", "9",
                        "--per_device_train_batch_size", "5", "--optimizer", "lamb", "--task_name",
                        "tensors:" + folder.file("more.safetensors"),
                        "--gradient_accumulation_steps", "2",
                    ]), device: .cpu)
        }
        let text = error?.description ?? ""
        for difference in [
            "--seed: saved 42, now 7", "total steps: saved 6, now 9",
            "--per_device_train_batch_size: saved 4, now 5", "--optimizer: saved adamw, now lamb",
            "samples: saved 22, now 30", "--gradient_accumulation_steps: saved 1, now 2",
        ] {
            #expect(text.contains(difference), "no '\(difference)' in: \(text)")
        }
        #expect(!text.contains("\n"))
    }

    @Test("A run that diverges stops before weights that are not finite are saved")
    func divergence() throws {
        for save in ["steps", "no"] {
            let configuration = try configuration(
                "a",
                ["--save_strategy", save, "--save_steps", "6"])
            let trainer = try Trainer(configuration, device: .cpu)
            let error = #expect(throws: TrainingError.self) {
                _ = try trainer.run(progress: { step in
                    // What a last update beyond single precision leaves behind.
                    if step == 6 {
                        trainer.clip.store.parameters.last?.value.detached().fill(.infinity)
                    }
                })
            }
            #expect(
                error?.description.contains("weights are not finite") == true,
                "\(String(describing: error))")
        }
        #expect(CheckpointFolder(root: folder.file("a")).steps == [])
    }

    @Test("Neither the number of readers nor recomputing changes a run")
    func sameRun() throws {
        func losses(_ name: String, _ flags: String...) throws -> [Double] {
            try train(configuration(name, flags)).map(\.loss)
        }
        let plain = try losses("a")
        #expect(try losses("b", "--dataloader_num_workers", "3") == plain)
        #expect(try losses("c", "--recompute") == plain)
        #expect(try losses("d", "--seed", "1") != plain)
    }

    @Test("Checking alone changes nothing in the output folder")
    func checkOnly() throws {
        try train(configuration("a"))
        let before = try lines("a/metrics.jsonl")
        _ = try Trainer(configuration("a", ["--do_train", "false"]), device: .cpu)
        #expect(try lines("a/metrics.jsonl") == before)
    }
}
