import EVAConfiguration
import EVATestSupport
import EVATraining
import Foundation
import Testing
import Torch

/// What can be left out of a checkpoint, or passed over when a run goes on from it.
@Suite struct ResumeOptionsTests {
    private let folder: TinyFolder

    init() throws {
        folder = try TinyFolder()
        try folder.writeModel()
        // Three batches of four, and two samples that an epoch leaves over.
        try folder.writeTensors(count: 14)
    }

    private func trainer(_ name: String, _ flags: String) throws -> Trainer {
        let configuration = try TrainingConfiguration(
            flags: FlagParser.parse(
                [
                    "--model", folder.file("model.json"), "--task_name",
                    "tensors:" + folder.file("data.safetensors"), "--output_dir",
                    folder.file(name), "--per_device_train_batch_size", "4", "--optimizer",
                    "adamw", "--logging_steps", "1", "--max_steps", "8", "--save_steps", "4",
                    "--visual_lr", "1e-2", "--text_lr", "1e-2", "--warmup_steps", "1",
                    "--shuffle", "false", "--tensorboard", "false",
                ] + flags.split(separator: " ").map(String.init), verb: .train))
        return try Trainer(configuration, device: .cpu)
    }

    private func train(_ name: String, _ flags: String = "") throws -> [StepReport] {
        var reports: [StepReport] = []
        _ = try trainer(name, flags).run(report: { reports.append($0) })
        return reports
    }

    private let resume = "--resume_from_checkpoint latest"

    @Test("Weights alone are saved and gone on from, with a schedule and moments that begin anew")
    func weightsOnly() throws {
        let whole = try train("whole")
        _ = try train("a", "--ignore_save_lr_and_optim --stop_after_steps 4")
        let names = try FileManager.default.contentsOfDirectory(
            atPath: folder.file("a/checkpoint-4"))
        #expect(!names.contains("optimizer.safetensors"))
        let error = #expect(throws: TrainingError.self) { try trainer("a", resume) }
        #expect(error?.description.contains("--ignore_load_lr_and_optim") == true)
        let rest = try train("a", resume + " --ignore_load_lr_and_optim --optimizer lamb")
        #expect(rest.map(\.step) == [5, 6, 7, 8])
        // The same weights and data: the same loss; then the warm-up's rate of 0 and a new cosine.
        #expect(rest[0].loss == whole[4].loss)
        #expect(rest[0].visualLearningRate == 0 && rest[1].loss != whole[5].loss)
        let course = [0, 1, 0.75, 0.25].map { $0 * 1e-2 }
        for (report, rate) in zip(rest, course) {
            #expect(abs(report.visualLearningRate - rate) < Tolerance.doubles)
        }
    }

    @Test("A run that began its optimizer anew goes on from a later checkpoint to the bit")
    func restartedRunResumes() throws {
        func finish(_ name: String, interrupted: Bool) throws -> Data {
            _ = try train(name, "--stop_after_steps 4")
            let options = " --ignore_load_lr_and_optim --ignore_data_skip"
            _ = try train(name, resume + options + (interrupted ? " --stop_after_steps 6" : ""))
            if interrupted { _ = try train(name, resume) }
            let path = folder.file(name + "/checkpoint-8/optimizer.safetensors")
            return try Data(contentsOf: URL(fileURLWithPath: path))
        }
        #expect(try finish("a", interrupted: false) == finish("b", interrupted: true))
    }

    @Test("An epoch's data can be begun anew, and the epochs after it end where their data does")
    func dataFromTheEpochsStart() throws {
        // Step 4 is the first of the second epoch; a rate of 0 makes losses tell the batches.
        let still = " --visual_lr 0 --text_lr 0 --learning_rate 0"
        let whole = try train("whole", still).map(\.loss)
        #expect(Set(whole[..<3]).count == 3 && whole[3] == whole[0])
        _ = try train("a", still + " --stop_after_steps 4")
        let trainer = try trainer(
            "a", still + " --ignore_data_skip --save_strategy epoch " + resume)
        var losses: [Double] = []
        #expect(try trainer.run(report: { losses.append($0.loss) }) == .finished)
        #expect(losses == [whole[0], whole[1], whole[2], whole[0]])
        #expect(CheckpointFolder(root: folder.file("a")).steps == [4, 7, 8])
    }

    @Test("A damaged checkpoint is not gone on from")
    func damaged() throws {
        _ = try train("a", "--save_steps 3 --stop_after_steps 6")
        let path = folder.file("a/checkpoint-6/open_clip_model.safetensors")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 5] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: TrainingError.self) { try trainer("a", resume) }
        let text = error?.description ?? ""
        #expect(text.contains("open_clip_model.safetensors is damaged"), "\(text)")
        #expect(text.contains(folder.file("a/checkpoint-3")), "\(text)")
        let earlier = "--resume_from_checkpoint " + folder.file("a/checkpoint-3")
        #expect(try train("a", earlier).map(\.step) == [4, 5, 6, 7, 8])
    }
}
