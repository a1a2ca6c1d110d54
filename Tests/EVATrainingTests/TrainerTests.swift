import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
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
            #expect(abs(report.visualLearningRate - 1e-3 * share) < 1e-3 * Tolerance.doubles)
            #expect(abs(report.textLearningRate - 2e-3 * share) < 2e-3 * Tolerance.doubles)
            #expect(abs(report.learningRate - 3e-3 * share) < 3e-3 * Tolerance.doubles)
            #expect(report.loss.isFinite && report.gradientNorm > 0)
            #expect(report.samplesPerSecond > 0 && report.stepSeconds >= report.dataSeconds)
        }
        // The first step has rate 0, so the scale is still where it starts.
        #expect(abs(reports[0].logitScale * 0.07 - 1) < Double(Tolerance.rearranged))
        #expect(abs(reports[2].logitScale - 1 / 0.07) > 1e-4)
    }

    @Test("Constant rates stay, a cool-down falls, an offset comes before its time")
    func schedules() throws {
        func rates(_ flags: String...) throws -> [Double] {
            try train(
                configuration("s", ["--visual_lr", "1", "--overwrite_output_dir"] + flags)
            ).map(\.visualLearningRate)
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
        for (report, loss) in zip(both, expected) {
            #expect(abs(report.loss / loss - 1) < Double(Tolerance.rearranged))
        }
    }

    @Test("Steps over two equal batches change the weights as steps over one of them do")
    func accumulation() throws {
        let pixels: [Float] = (0..<12 * 3 * 32 * 32).map { place in
            let value = Float(place * 7919 % 2003)
            return value / 500 - 2
        }
        var ids: [Int64] = []
        for row: Int64 in 0..<12 { ids += [62, row * 5 % 60, row * 11 % 60, 63] }
        let rows = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 6, 7, 8, 9, 10, 11]
        let size = 3 * 32 * 32
        func write(_ rows: [Int], _ name: String) throws -> String {
            let images: [Float] = rows.flatMap { pixels[$0 * size..<($0 + 1) * size] }
            let texts: [Int64] = rows.flatMap { ids[$0 * 4..<($0 + 1) * 4] }
            try SafetensorsWriter.write(
                [
                    ("image", HostTensor(images, shape: [rows.count, 3, 32, 32])),
                    ("input_ids", HostTensor(texts, shape: [rows.count, 4])),
                ], to: folder.file(name))
            return "tensors:" + folder.file(name)
        }
        let twice = try write(rows, "twice.safetensors")
        let once = try write(Array(0..<12), "once.safetensors")
        func weights(_ name: String, _ data: String, _ flags: [String]) throws -> [[Float]] {
            try train(
                configuration(
                    name,
                    [
                        "--task_name", data, "--shuffle", "false", "--max_steps", "2",
                        "--visual_lr", "1e-2", "--text_lr", "1e-2", "--learning_rate", "1e-2",
                        // Adam's ratio of two small numbers would turn noise into a step.
                        "--adam_epsilon", "1e-3", "--max_grad_norm", "0",
                        "--per_device_train_batch_size", "6",
                    ] + flags))
            let file = try SafetensorsFile(
                path: folder.file(name + "/open_clip_model.safetensors"))
            return try file.names.map { try file.tensor(named: $0).floats() }
        }
        let single = try weights("single", once, [])
        let both = try weights("both", twice, ["--gradient_accumulation_steps", "2"])
        for (actual, expected) in zip(both, single) {
            let largest = max(1, expected.map(abs).max() ?? 1)
            let comparison = Comparison(actual, expected)
            #expect(comparison.isWithin(Tolerance.rearranged * largest), "\(comparison)")
        }
        let start = try weights("start", once, ["--max_steps", "1"])
        #expect(!zip(start, single).allSatisfy { Comparison($0, $1).isWithin(1e-3) })
    }

    @Test("The gradient of averaged batches is the mean of the batches' own")
    func meanGradient() throws {
        func gradients(_ name: String, _ flags: String) throws -> [String: [Float]] {
            try train(
                configuration(
                    name,
                    [
                        "--shuffle", "false", "--max_grad_norm", "0", "--save_strategy", "steps",
                        "--save_steps", "1", "--visual_lr", "0", "--text_lr", "0",
                        "--learning_rate", "0", "--adam_beta1", "0",
                    ] + flags.split(separator: " ").map(String.init)))
            // Without a decay the first moment is the last step's gradient.
            return try Dictionary(
                uniqueKeysWithValues: (1...2).flatMap { step -> [(String, [Float])] in
                    let path = folder.file("\(name)/checkpoint-\(step)/optimizer.safetensors")
                    guard FileManager.default.fileExists(atPath: path) else { return [] }
                    let file = try SafetensorsFile(path: path)
                    return try file.names.filter { $0.hasPrefix("first_moment.") }
                        .map { ("\(step)/\($0)", try file.tensor(named: $0).floats()) }
                })
        }
        let single = try gradients("single", "--max_steps 2")
        let both = try gradients("both", "--max_steps 1 --gradient_accumulation_steps 2")
        #expect(both.count > 20 && single.count == 2 * both.count)
        for (name, gradient) in both {
            let first = try #require(single[name])
            let second = try #require(single["2" + name.dropFirst()])
            let mean = zip(first, second).map { ($0 + $1) / 2 }
            let largest = mean.map(abs).max() ?? 0
            // The key's bias has an exact gradient of zero: only rounding is left of it.
            let limit =
                name.hasSuffix("k_proj.bias") ? Tolerance.lastPlace : Tolerance.rearranged * largest
            let comparison = Comparison(gradient, mean)
            #expect(comparison.isWithin(limit), "\(name), largest \(largest): \(comparison)")
        }
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
