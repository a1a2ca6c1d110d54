import EVAConfiguration
import EVALayers
import EVATestSupport
import EVATraining
import Foundation
import Testing
import Torch

/// 16-bit training beside that of 32 bits.
@Suite struct PrecisionTests {
    private let tiny: TinyTraining

    init() throws { tiny = try TinyTraining() }

    private func lastLoss(_ course: TinyTraining.Course) -> Double {
        course.losses.suffix(5).reduce(0, +) / 5
    }

    @Test("Every precision learns what fp32 learns")
    func convergence() throws {
        let steps = ["--max_steps", "100", "--warmup_steps", "5", "--scale_loss", "4"]
        let whole = try tiny.train("fp32", steps)
        // A batch of four begins at a loss of log 4.
        #expect(lastLoss(whole) < 0.1)
        for flags in [
            ["--bf16"], ["--bf16", "--fp16_opt_level", "O2"], ["--fp16"],
            ["--precision", "pure_fp16"],
        ] {
            let course = try tiny.train("low", steps + flags + ["--overwrite_output_dir"])
            #expect(
                abs(lastLoss(course) - lastLoss(whole)) < Tolerance.convergedLoss,
                "\(flags): \(lastLoss(course)), fp32 \(lastLoss(whole))")
            #expect(course.losses != whole.losses)
        }
    }

    @Test(
        "The levels O1 and O2 train alike, to the last bit of every file",
        arguments: ["--bf16", "--fp16"],
        ["--gradient_accumulation_steps", "--contrastive_accumulation"])
    func masters(precision: String, accumulation: String) throws {
        // Several backward passes a step, whose gradients must not be added up in 16 bits.
        let flags = [
            precision, "--save_strategy", "steps", accumulation, "3", "--optimizer", "lamb",
        ]
        let first = try tiny.train("O1", flags)
        let second = try tiny.train("O2", flags + ["--fp16_opt_level", "O2"])
        #expect(first.losses == second.losses)
        #expect(first.reports.map(\.gradientNorm) == second.reports.map(\.gradientNorm))
        for file in ["open_clip_model.safetensors", "checkpoint-6/optimizer.safetensors"] {
            #expect(try tiny.bytes("O1/\(file)") == tiny.bytes("O2/\(file)"), "\(file)")
        }
    }

    @Test(
        "The gradients of several backward passes are added up in fp32, whatever the copies are in",
        arguments: [false, true])
    func sumOfPasses(keepsCopies: Bool) throws {
        func gradients(_ passes: Range<Int>) throws -> [Float] {
            let store = ParameterStore(device: .cpu)
            let layer = Linear(
                8, 4, weightInitializer: .normal(standardDeviation: 1), in: store.scope["layer"])
            store.initialize(seed: 3)
            store.makeUnits(computeDType: keepsCopies ? .bfloat16 : .float32)
            for pass in passes {
                let input = Tensor.empty([5, 8], dtype: .float32, device: .cpu)
                input.fillNormal(standardDeviation: 1, from: RandomSource(seed: UInt64(pass)))
                layer(input.cast(to: .bfloat16), .evaluation(computeDType: .bfloat16))
                    .cast(to: .float32).sum().backward()
                store.collectGradients()
            }
            return try #require(store["layer.weight"]?.gradient).floats()
        }
        let each = try (0..<16).map { try gradients($0..<$0 + 1) }
        // Each is a number of bf16; their sum is not.
        #expect(each.joined().allSatisfy { $0.bitPattern & 0xFFFF == 0 })
        let sum = each.dropFirst().reduce(each[0]) { zip($0, $1).map { $0 + $1 } }
        #expect(sum.contains { $0.bitPattern & 0xFFFF != 0 })
        #expect(try gradients(0..<16) == sum)
    }

    @Test("Gradients that overflow halve the loss scale and count as no fault")
    func overflow() throws {
        let course = try tiny.train(
            "a",
            [
                "--fp16", "--scale_loss", "1099511627776", "--max_nonfinite_steps", "0",
                "--max_steps", "60",
            ])
        let skipped = course.skipped.count
        #expect(skipped > 20 && skipped < 50)
        #expect(course.skipped.map(\.step) == Array(1...skipped))
        #expect(
            course.skipped.map(\.lossScale) == (0..<skipped).map { 0x1p40 / pow(2, Double($0)) })
        let first = try #require(course.skipped.first)
        #expect(first.loss?.isFinite == true && first.suspects.isEmpty)
        #expect(first.tensors.allSatisfy { $0.hasPrefix("the gradient of ") })
        #expect("\(first)".contains("at loss scale 1099511627776"), "\(first)")
        #expect(course.reports.first?.step == skipped + 1)
        #expect(course.reports.first?.lossScale == 0x1p40 / pow(2, Double(skipped)))
        #expect(try tiny.train("b").reports.allSatisfy { $0.lossScale == nil })
    }

    @Test("The loss scale and what overflowed are resumed to equal bytes")
    func resumed() throws {
        let flags = [
            "--precision", "pure_fp16", "--scale_loss", "1099511627776", "--max_steps", "60",
            "--save_strategy", "steps", "--optimizer", "lion",
        ]
        try tiny.train("whole", flags)
        for stop in ["3", "50"] {
            let resume = stop == "3" ? [] : ["--resume_from_checkpoint", "latest"]
            try tiny.train("cut", flags + resume + ["--stop_after_steps", stop])
        }
        try tiny.train("cut", flags + ["--resume_from_checkpoint", "latest"])
        for file in [
            "open_clip_model.safetensors", "nonfinite.jsonl", "checkpoint-60/optimizer.safetensors",
            "checkpoint-60/trainer_state.json",
        ] {
            #expect(try tiny.bytes("cut/\(file)") == tiny.bytes("whole/\(file)"), "\(file)")
        }
    }

    @Test(
        "Recomputing changes memory and no number",
        arguments: [
            [], ["--bf16"], ["--fp16"], ["--precision", "pure_bf16"], ["--precision", "pure_fp16"],
            ["--lock_visual", "--lock_visual_unlocked_groups", "2"],
            ["--lock_visual", "--lock_text", "--lock_text_unlocked_groups", "2"],
        ])
    func recomputation(flags: [String]) throws {
        let flags = flags + ["--patch_dropout", "0.5"]
        let plain = try tiny.train("plain", flags)
        let again = try tiny.train("again", flags + ["--recompute"])
        #expect(plain.losses == again.losses)
        let file = "open_clip_model.safetensors"
        #expect(try tiny.bytes("plain/\(file)") == tiny.bytes("again/\(file)"))
    }
}
