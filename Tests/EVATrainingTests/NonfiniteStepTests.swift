import EVAConfiguration
import EVAData
import EVATestSupport
import EVATraining
import Foundation
import Testing

/// Steps whose loss or gradients are not finite.
@Suite struct NonfiniteStepTests {
    private static let inOrder = ["--shuffle", "false"]
    private static let saving = ["--save_strategy", "steps", "--save_steps", "1"]

    @Test("A faulty sample costs its step, and the run names it")
    func faultySample() throws {
        let tiny = try TinyTraining(faulty: 5..<6)
        let course = try tiny.train("a", Self.inOrder + Self.saving)
        #expect(course.reports.map(\.step) == [1, 3, 4, 5, 6])
        #expect(course.losses.allSatisfy { $0.isFinite })
        let step = try #require(course.skipped.first)
        #expect(course.skipped.count == 1 && step.step == 2 && step.loss == nil)
        #expect(step.samples.map(\.file) == [tiny.folder.file("data.safetensors")])
        #expect(step.samples.map(\.records) == [[4, 5, 6, 7]])
        #expect(step.suspects.map(\.records) == [[5]])
        #expect(step.tensors.first == "image features" && step.tensors.contains("the loss"))
        #expect(step.tensorCount > step.tensors.count && step.tensors.count == 20)
        let line = try JSONDecoder().decode(
            NonfiniteStep.self, from: tiny.bytes("a/nonfinite.jsonl"))
        #expect(line == step)
        let text = "\(step)"
        #expect(text.contains("step 2 skipped: image features and"), "\(text)")
        #expect(text.contains("from records 5 of \(step.samples[0].file)"), "\(text)")
        // Weights, moments and what is yet to be reported are those of the step before.
        for file in ["open_clip_model.safetensors", "optimizer.safetensors"] {
            #expect(
                try tiny.bytes("a/checkpoint-1/\(file)") == tiny.bytes("a/checkpoint-2/\(file)"))
        }
        #expect(try !tiny.changed("a/checkpoint-2", "a/checkpoint-3").isEmpty)
    }

    @Test("The sample is found among those of several batches")
    func severalBatches() throws {
        let tiny = try TinyTraining(faulty: 13..<14)
        let course = try tiny.train(
            "a",
            Self.inOrder + [
                "--per_device_train_batch_size", "2", "--gradient_accumulation_steps", "2",
                "--contrastive_accumulation", "2", "--max_steps", "2",
            ])
        let step = try #require(course.skipped.first)
        #expect(step.step == 2 && step.samples.map(\.records) == [Array(8..<16)])
        #expect(step.suspects.map(\.records) == [[13]])
    }

    @Test("Samples of shards are named by their file, their number there and their key")
    func shards() throws {
        let names = [
            SampleName(file: "b.tar", record: 7, key: "s/7"),
            SampleName(file: "a.tar", record: 2, key: "s/2"),
            SampleName(file: "b.tar", record: 1, key: "s/1"), SampleName(file: "t.csv", record: 4),
        ]
        let groups = NonfiniteStep.grouped(names)
        #expect(groups.map(\.file) == ["b.tar", "a.tar", "t.csv"])
        #expect(groups.map(\.records) == [[7, 1], [2], [4]])
        #expect(groups.map(\.keys) == [["s/7", "s/1"], ["s/2"], nil])
    }

    @Test("Reports of several steps leave out those that were skipped, and count them")
    func reports() throws {
        let tiny = try TinyTraining(faulty: 5..<6)
        let each = try tiny.train("a", Self.inOrder)
        let both = try tiny.train("b", Self.inOrder + ["--logging_steps", "3"])
        #expect(both.reports.map(\.skippedSteps) == [1, nil])
        let mean = (each.losses[0] + each.losses[1]) / 2
        #expect(abs(both.losses[0] / mean - 1) < Double(Tolerance.rearranged))
    }

    @Test("A run that was ended behind a skipped step goes on to equal bytes")
    func resumed() throws {
        let tiny = try TinyTraining(faulty: 5..<6)
        let flags = Self.inOrder + ["--save_strategy", "steps", "--save_steps", "6"]
        try tiny.train("whole", flags)
        try tiny.train("cut", flags + ["--stop_after_steps", "2"])
        try tiny.train("cut", flags + ["--resume_from_checkpoint", "latest"])
        for file in ["open_clip_model.safetensors", "checkpoint-6/optimizer.safetensors"] {
            #expect(try tiny.bytes("cut/\(file)") == tiny.bytes("whole/\(file)"), "\(file)")
        }
        for file in ["nonfinite.jsonl", "checkpoint-6/trainer_state.json"] {
            #expect(try tiny.bytes("cut/\(file)") == tiny.bytes("whole/\(file)"), "\(file)")
        }
    }

    @Test("More faulty steps in a row than allowed end the run", arguments: [0, 2])
    func limit(allowed: Int) throws {
        let tiny = try TinyTraining(faulty: 4..<22)
        let error = #expect(throws: TrainingError.self) {
            try tiny.train(
                "a", Self.inOrder + Self.saving + ["--max_nonfinite_steps", "\(allowed)"])
        }
        let text = error?.description ?? ""
        #expect(text.contains("that is \(allowed + 1) in a row"), "\(text)")
        #expect(text.contains("--max_nonfinite_steps allows \(allowed)"), "\(text)")
        #expect(text.contains("nonfinite.jsonl") && !text.contains("\n"), "\(text)")
        let lines = try tiny.bytes("a/nonfinite.jsonl").split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == allowed + 1)
        #expect(CheckpointFolder(root: tiny.folder.file("a")).steps == Array(1...1 + allowed))
    }

    @Test("A good step between faulty ones begins the count anew")
    func recovery() throws {
        // Each epoch is five steps, of which the second is faulty.
        let tiny = try TinyTraining(faulty: 5..<6)
        let course = try tiny.train(
            "a", Self.inOrder + ["--max_nonfinite_steps", "1", "--max_steps", "15"])
        #expect(course.skipped.map(\.step) == [2, 7, 12])
    }
}
