import EVAConfiguration
import EVATestSupport
import Foundation
import Testing
import Torch

@testable import EVATraining

/// What may differ between a checkpoint's run and the one that goes on from it.
@Suite struct RunSettingsTests {
    private let tiny: TinyTraining
    private static let saving = ["--save_strategy", "steps", "--save_steps", "3"]

    init() throws { tiny = try TinyTraining() }

    private func resume(_ flags: [String]) throws -> Trainer {
        try Trainer(
            tiny.configuration(
                "a", Self.saving + ["--resume_from_checkpoint", "latest"] + flags), device: .cpu)
    }

    @Test(
        "Another network is refused with both values, even of equal shapes",
        arguments: [
            ("\"heads\": 2", "\"heads\": 1", "headCount: saved 2, now 1"),
            ("\"pt_hw_seq_len\": 16", "\"pt_hw_seq_len\": 8", "saved 16, now 8"),
            ("\"head_width\": 16", "\"head_width\": 8", "headWidth: saved 16, now 8"),
        ])
    func network(old: String, new: String, expected: String) throws {
        try tiny.train("a", Self.saving)
        let model = String(decoding: try tiny.bytes("model.json"), as: UTF8.self)
        #expect(model.contains(old))
        try tiny.folder.write(model.replacing(old, with: new), to: "model.json")
        for flags in [[], ["--ignore_load_lr_and_optim"]] {
            let error = #expect(throws: TrainingError.self) { try resume(flags) }
            let text = error?.description ?? ""
            #expect(text.contains(expected) && text.contains("the network's"), "\(text)")
            #expect(!text.contains("\n"))
        }
    }

    @Test("Another order of the data, and other moments, are refused")
    func order() throws {
        try tiny.train("a", Self.saving)
        let shuffle = #expect(throws: TrainingError.self) { try resume(["--shuffle", "false"]) }
        #expect(shuffle?.description.contains("--shuffle: saved true, now false") == true)
        let lock = #expect(throws: TrainingError.self) { try resume(["--lock_visual"]) }
        #expect(lock?.description.contains("--lock_visual: saved false, now true") == true)
        // Moments that begin anew may be of other parameters.
        #expect(try resume(["--lock_visual", "--ignore_load_lr_and_optim"]).state.step == 6)
    }

    @Test("Another recipe goes on, and is named in one line with both values")
    func recipe() throws {
        try tiny.train("a", Self.saving)
        // Each run lets go of its folder before the next.
        let notes = try resume([
            "--visual_lr", "0.5", "--text_wd", "0.25", "--flip", "--adam_beta2", "0.5",
            "--max_grad_norm", "2", "--mask_duplicates", "--ema_bias_correction", "false",
            "--color_jitter", "0.5", "--patch_dropout", "0.5",
        ]).notes
        let lines = notes.filter { $0.hasPrefix("goes on with other settings") }
        let line = try #require(lines.first)
        for change in [
            "--visual_lr: saved 0.001, now 0.5", "--text_wd: saved 0.05, now 0.25",
            "--flip: saved false, now true", "--adam_beta2: saved 0.999, now 0.5",
            "--max_grad_norm: saved 1, now 2", "--mask_duplicates: saved false, now true",
            "--ema_bias_correction: saved true, now false", "--color_jitter: saved none, now 0.5",
            "--patch_dropout: saved 0, now 0.5",
        ] {
            #expect(line.contains(change), "no '\(change)' in: \(line)")
        }
        #expect(lines.count == 1 && !line.contains("\n"))
        // What changes no number is not spoken of.
        let same = try resume([
            "--recompute", "--dataloader_num_workers", "3", "--logging_steps", "2",
        ]).notes
        #expect(!same.contains { $0.hasPrefix("goes on with other settings") })
    }

    @Test("A state that was edited by hand is an error of one line, and no trap")
    func edited() throws {
        try tiny.train("a", Self.saving)
        let path = tiny.folder.file("a/checkpoint-6/trainer_state.json")
        let whole = String(
            decoding: try tiny.bytes("a/checkpoint-6/trainer_state.json"), as: UTF8.self)
        for (old, new, expected) in [
            ("\"step\" : 6", "\"step\" : -1", "step is -1"),
            ("\"step\" : 6", "\"step\" : 7", "step is 7, expected 0 to 6"),
            ("\"step\" : 6", "\"step\" : 9223372036854775807", "step is 9223372036854775807"),
            ("\"totalSteps\" : 6", "\"totalSteps\" : -9", "totalSteps is -9"),
            ("\"skippedSteps\" : 0", "\"skippedSteps\" : 9", "skippedSteps is 9"),
            ("\"unreportedSteps\" : 0", "\"unreportedSteps\" : -2", "unreportedSteps is -2"),
            ("\"dataDelay\" : 0", "\"dataDelay\" : 70", "dataDelay is 70"),
            ("\"scheduleStart\" : 0", "\"scheduleStart\" : 9", "scheduleStart is 9"),
            ("\"seed\" : 42", "\"seed\" : \"x\"", "seed is no Int"),
            ("\"seed\" : 42,", "", "seed is missing"),
            ("{", "[", "no JSON object"),
        ] {
            #expect(whole.contains(old), "\(old)")
            let text = whole.replacing(old, with: new, maxReplacements: 1)
            let error = #expect(throws: TrainingError.self) {
                try TrainingState(json: Data(text.utf8), path: path)
            }
            let message = error?.description ?? ""
            #expect(message.contains(expected) && message.contains(path), "\(new): \(message)")
            #expect(!message.contains("\n"))
        }
    }

    @Test("Every setting either is compared or is known to change no number")
    func complete() throws {
        // A setting that is nil is not seen: all of them are set here.
        var configuration = try tiny.configuration(
            "a",
            [
                "--color_jitter", "0.1", "--ema_decay", "0.9", "--adam_epsilon", "1e-3",
                "--csv_separator", ";", "--train_data_upsampling_factors", "1::2",
            ])
        configuration.evaluation.schedule = .steps(3)
        let settings = try RunSettings(
            configuration, model: ModelConfiguration.tiny, preprocessing: .init(imageSize: 32))
        let compared: Set = [
            "data.augmentation", "data.captionColumn", "data.colorJitter.brightness",
            "data.colorJitter.contrast", "data.colorJitter.hue", "data.colorJitter.probability",
            "data.colorJitter.saturation", "data.flips", "data.grayscale", "data.imageColumn",
            "data.separator", "data.shuffles", "data.upsamplingFactors.0",
            "data.upsamplingFactors.1", "loss.kind", "loss.masksDuplicates",
            "optimization.beta1", "optimization.beta2", "optimization.correctsAverage",
            "optimization.emaDecay", "optimization.epsilon", "optimization.logitScaleLearningRate",
            "optimization.maxGradientNorm", "optimization.schedule.cooldownSteps",
            "optimization.schedule.kind", "optimization.schedule.offsetSteps",
            "optimization.schedule.warmupRatio", "optimization.schedule.warmupSteps",
            "optimization.text.isLocked", "optimization.text.layerDecay",
            "optimization.text.learningRate", "optimization.text.unlockedGroups",
            "optimization.text.weightDecay", "optimization.visual.isLocked",
            "optimization.visual.layerDecay", "optimization.visual.learningRate",
            "optimization.visual.unlockedGroups", "optimization.visual.weightDecay",
            "precision.compute", "precision.usesMasterWeights", "vision.dropPathRate",
            "vision.patchDropout",
        ]
        let found = Set(settings.recipe.keys)
        #expect(
            found == compared,
            "new: \(found.subtracting(compared)), gone: \(compared.subtracting(found))")
    }
}

extension ModelConfiguration {
    /// Any network.
    fileprivate static var tiny: ModelConfiguration {
        ModelConfiguration(
            embedWidth: 16,
            vision: VisionConfiguration(
                imageSize: 32, patchSize: 8, width: 32, layerCount: 2, headWidth: 16, mlpWidth: 64),
            text: TextConfiguration(width: 32, headCount: 2, layerCount: 1))
    }
}
