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
            #expect(comparison.isWithin(1e-5), "\(folder): \(comparison)")
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

    @Test("A run is not resumed with another average")
    func otherDecay() throws {
        try tiny.train("a", Self.saving)
        let error = #expect(throws: TrainingError.self) {
            try tiny.train(
                "a", Self.saving + ["--ema_decay", "0.9", "--resume_from_checkpoint", "latest"])
        }
        #expect(error?.description.contains("--ema_decay: saved none, now 0.9") == true)
    }
}
