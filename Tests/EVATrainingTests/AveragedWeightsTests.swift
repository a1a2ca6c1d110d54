import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import EVATraining
import Foundation
import Testing
import Torch

/// Runs with `--ema_decay`.
@Suite struct AveragedWeightsTests {
    private let tiny: TinyTraining
    private static let saving = ["--save_strategy", "steps", "--save_steps", "1"]

    init() throws { tiny = try TinyTraining() }

    private func weights(_ name: String) throws -> [Float] {
        let file = try SafetensorsFile(
            path: tiny.folder.file(name) + "/open_clip_model.safetensors")
        return try file.names.flatMap { try file.tensor(named: $0).values(as: Float.self) }
    }

    @Test("The average of a run's weights is saved beside them, as a model of its own")
    func saved() throws {
        try tiny.train("a", Self.saving + ["--ema_decay", "0.5"])
        let steps = try (1...6).map { try weights("a/checkpoint-\($0)") }
        let counts = (1...6).map { pow(0.5, Double(6 - $0)) }
        let total = counts.reduce(0, +)
        let expected = steps[0].indices.map { place in
            Float(zip(counts, steps).reduce(0) { $0 + $1.0 * Double($1.1[place]) } / total)
        }
        for folder in ["a/checkpoint-6/ema", "a/ema"] {
            let comparison = Comparison(try weights(folder), expected)
            #expect(comparison.isWithin(Tolerance.weightsAfterSteps), "\(folder): \(comparison)")
        }
        #expect(try weights("a/ema") != steps[5])
        let description = try ModelLocator.locate(.init(name: tiny.folder.file("a/latest/ema")))
        let clip = try CLIP(loading: description, device: .cpu)
        #expect(clip.store.elementCount == (try weights("a/ema")).count)
    }

    @Test("An average changes nothing in the run")
    func harmless() throws {
        let plain = try tiny.train("a")
        let averaged = try tiny.train("b", ["--ema_decay", "0.9"])
        #expect(plain.losses == averaged.losses)
        #expect(try weights("a") == weights("b"))
        #expect(!FileManager.default.fileExists(atPath: tiny.folder.file("a/ema")))
    }

    @Test(
        "An average is resumed to equal bytes",
        arguments: [[], ["--precision", "pure_bf16"], ["--lock_visual"]])
    func resumed(flags: [String]) throws {
        let flags = Self.saving + ["--ema_decay", "0.9"] + flags
        try tiny.train("whole", flags)
        try tiny.train("cut", flags + ["--stop_after_steps", "3"])
        try tiny.train("cut", flags + ["--resume_from_checkpoint", "latest"])
        for file in ["ema/open_clip_model.safetensors", "checkpoint-6/optimizer.safetensors"] {
            #expect(try tiny.bytes("cut/\(file)") == tiny.bytes("whole/\(file)"), "\(file)")
        }
    }

    @Test("An average goes on where the optimizer begins anew, and begins where there is none")
    func restartedOptimizer() throws {
        let average = ["--ema_decay", "0.5"]
        try tiny.train("a", Self.saving + average + ["--stop_after_steps", "3"])
        let before = try weights("a/checkpoint-3/ema")
        let resume = ["--resume_from_checkpoint", "latest", "--ignore_load_lr_and_optim"]
        try tiny.train("a", Self.saving + average + resume + ["--stop_after_steps", "4"])
        // After 4 weights the newest has a share of 8/15; were the average forgotten, of all.
        let after = try weights("a/checkpoint-4")
        let expected: [Float] = zip(before, after).map { old, new in
            (old * 7 + new * 8) / 15
        }
        let comparison = Comparison(try weights("a/checkpoint-4/ema"), expected)
        #expect(comparison.isWithin(Tolerance.weightsAfterSteps), "\(comparison)")
        #expect(before != expected)

        try tiny.train("b", Self.saving + ["--stop_after_steps", "3"])
        let trainer = try Trainer(
            tiny.configuration("b", Self.saving + average + resume), device: .cpu)
        #expect(trainer.notes.contains { $0.contains("the checkpoint has no average") })
        #expect(trainer.state.averagedSteps == 0)
    }

    @Test("The plain average begins at the first weights, and is resumed to equal bytes")
    func plain() throws {
        let flags = Self.saving + ["--ema_decay", "0.75", "--ema_bias_correction", "false"]
        try tiny.train("a", flags)
        let steps = try (1...6).map { try weights("a/checkpoint-\($0)") }
        let start = try Trainer(tiny.configuration("start"), device: .cpu).clip
        let first = start.store.parameters.flatMap { $0.master.floats() }
        #expect(first.count == steps[0].count)
        // timm's ModelEmaV2, whose order of the weights does not matter for their sum.
        func sum(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } }
        let expected = steps.reduce(sum(first)) { 0.75 * $0 + 0.25 * sum($1) }
        let actual = sum(try weights("a/ema"))
        #expect(abs(actual - expected) < 1e-4 * max(1, abs(expected)), "\(actual), \(expected)")
        try tiny.train("cut", flags + ["--stop_after_steps", "3"])
        try tiny.train("cut", flags + ["--resume_from_checkpoint", "latest"])
        #expect(try weights("cut/ema") == weights("a/ema"))
    }

    @Test("A run is not resumed with an average that the checkpoint does not have")
    func otherDecay() throws {
        try tiny.train("a", Self.saving)
        let error = #expect(throws: TrainingError.self) {
            try tiny.train(
                "a", Self.saving + ["--ema_decay", "0.9", "--resume_from_checkpoint", "latest"])
        }
        #expect(error?.description.contains("--ema_decay: saved none, now 0.9") == true)
    }
}
