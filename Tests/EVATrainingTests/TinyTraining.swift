import EVAConfiguration
import EVATensorFiles
import EVATestSupport
import EVATraining
import Foundation
import Torch

/// Runs of a tiny model on ready tensors, in this process.
struct TinyTraining {
    let folder: TinyFolder

    init(faulty: Range<Int> = 0..<0) throws {
        folder = try TinyFolder()
        try folder.writeModel()
        try folder.writeTensors(faulty: faulty)
    }

    func configuration(_ name: String, _ flags: [String] = []) throws -> TrainingConfiguration {
        try TrainingConfiguration(
            flags: FlagParser.parse(
                [
                    "--model", folder.file("model.json"), "--task_name",
                    "tensors:" + folder.file("data.safetensors"), "--output_dir",
                    folder.file(name), "--per_device_train_batch_size", "4", "--optimizer",
                    "adamw", "--logging_steps", "1", "--max_steps", "6", "--save_strategy", "no",
                    "--tensorboard", "false", "--visual_lr", "1e-3", "--text_lr", "1e-3",
                    "--learning_rate", "1e-3",
                ] + flags, verb: .train))
    }

    /// What a run reported.
    struct Course {
        var reports: [StepReport] = []
        var skipped: [NonfiniteStep] = []

        var losses: [Double] { reports.map(\.loss) }
    }

    /// Runs to the end.
    @discardableResult
    func train(_ name: String, _ flags: [String] = []) throws -> Course {
        var course = Course()
        let trainer = try Trainer(configuration(name, flags), device: .cpu)
        _ = try trainer.run(
            skipped: { course.skipped.append($0) }, report: { course.reports.append($0) })
        return course
    }

    func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
    }

    /// The tensors of a run's weights that differ from those of another.
    func changed(_ a: String, _ b: String) throws -> Set<String> {
        let file = "/open_clip_model.safetensors"
        let (a, b) = (
            try SafetensorsFile(path: folder.file(a) + file),
            try SafetensorsFile(path: folder.file(b) + file)
        )
        return Set(
            try a.names.filter {
                try a.tensor(named: $0).values(as: Float.self)
                    != b.tensor(named: $0).values(as: Float.self)
            })
    }
}
