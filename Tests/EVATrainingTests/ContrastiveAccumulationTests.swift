import EVAConfiguration
import EVATensorFiles
import EVATestSupport
import EVATraining
import Testing
import Torch

/// Contrasting several batches as one, against one batch of that size.
@Suite struct ContrastiveAccumulationTests {
    private let folder: TinyFolder

    init() throws {
        folder = try TinyFolder()
        try folder.writeModel(patchDropout: 0.5, dropPath: 0.3)
        try folder.writeTensors(count: 26, textCount: 5)
    }

    /// What a single step learnt: its report and the gradient of every parameter.
    private struct Step {
        let report: StepReport
        let gradients: [String: [Float]]
    }

    /// Takes one step over 12 samples, of which several say the same.
    private func step(_ name: String, _ flags: String) throws -> Step {
        let configuration = try TrainingConfiguration(
            flags: FlagParser.parse(
                [
                    "--model", folder.file("model.json"), "--task_name",
                    "tensors:" + folder.file("data.safetensors"), "--output_dir",
                    folder.file(name), "--optimizer", "adamw", "--logging_steps", "1",
                    "--max_steps", "1", "--max_grad_norm", "0",
                    "--tensorboard", "false",
                ] + flags.split(separator: " ").map(String.init), verb: .train))
        var reports: [StepReport] = []
        _ = try Trainer(configuration, device: .cpu).run(report: { reports.append($0) })
        // After one step the first moment is a tenth of the gradient.
        let file = try SafetensorsFile(
            path: folder.file(name + "/checkpoint-1/optimizer.safetensors"))
        var gradients: [String: [Float]] = [:]
        for name in file.names where name.hasPrefix("first_moment.") {
            gradients[String(name.dropFirst("first_moment.".count))] =
                try file.tensor(named: name).floats()
        }
        return Step(report: try #require(reports.first), gradients: gradients)
    }

    private func expectEqual(_ a: Step, _ b: Step, _ comment: String) {
        #expect(abs(a.report.loss / b.report.loss - 1) < Double(Tolerance.rearranged), "\(comment)")
        #expect(
            abs(a.report.gradientNorm / b.report.gradientNorm - 1) < Double(Tolerance.rearranged),
            "\(comment)")
        #expect(a.gradients.keys == b.gradients.keys && a.gradients["logit_scale"] != nil)
        for (name, gradient) in a.gradients {
            let expected = b.gradients[name] ?? []
            let largest = expected.map(abs).max() ?? 0
            // The key's bias has an exact gradient of zero: only rounding is left of it.
            let isNothing = name.hasSuffix("k_proj.bias")
            let comparison = Comparison(gradient, expected)
            #expect(
                comparison.isWithin(
                    isNothing ? Tolerance.lastPlace * 10 : Tolerance.gradientsInParts * largest),
                "\(comment), \(name), largest \(largest): \(comparison)")
        }
    }

    @Test(
        "Several small batches learn what one large batch does",
        arguments: [
            "", "--mask_duplicates", "--loss sigmoid", "--loss sigmoid --mask_duplicates",
            "--recompute", "--dataloader_num_workers 3",
        ])
    func equalsLargeBatch(flags: String) throws {
        let whole = try step("whole", "--per_device_train_batch_size 12 " + flags)
        for (size, count) in [(6, 2), (3, 4), (1, 12)] {
            let parts = try step(
                "parts\(count)",
                "--per_device_train_batch_size \(size) --contrastive_accumulation \(count) "
                    + flags)
            expectEqual(parts, whole, "\(flags), \(count) batches of \(size)")
        }
        let other = try step("other", "--per_device_train_batch_size 6 " + flags)
        #expect(abs(other.report.loss / whole.report.loss - 1) > 1e-2, "the test can fail")
    }

    @Test("In bf16 the loss of several batches is that of one within rounding")
    func bfloat16() throws {
        let whole = try step("whole", "--bf16 --per_device_train_batch_size 12")
        let parts = try step(
            "parts", "--bf16 --per_device_train_batch_size 4 --contrastive_accumulation 3")
        #expect(abs(parts.report.loss / whole.report.loss - 1) < Tolerance.bfloat16Loss)
        let norms = parts.report.gradientNorm / whole.report.gradientNorm
        #expect(abs(norms - 1) < Tolerance.bfloat16GradientNorm)
    }

    @Test("Contrasted batches go together with averaged losses")
    func withGradientAccumulation() throws {
        let whole = try step(
            "whole", "--per_device_train_batch_size 12 --gradient_accumulation_steps 2")
        let parts = try step(
            "parts",
            "--per_device_train_batch_size 4 --contrastive_accumulation 3 "
                + "--gradient_accumulation_steps 2")
        expectEqual(parts, whole, "two losses of three batches")
    }

    @Test("More batches than an epoch has are refused in one line")
    func tooMany() throws {
        let error = #expect(throws: TrainingError.self) {
            try step("a", "--per_device_train_batch_size 12 --contrastive_accumulation 3")
        }
        let text = error?.description ?? ""
        #expect(text.contains("--contrastive_accumulation 3") && text.contains("only 2 batches"))
    }
}
