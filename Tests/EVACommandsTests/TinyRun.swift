import EVATestSupport
import Foundation
import Testing

/// A training run of a tiny model on ready tensors, and what it leaves behind.
struct TinyRun {
    let folder: TinyFolder
    private let model: String
    private let data: [String]

    /// A run on ready tensors.
    init(patchDropout: Double = 0) throws {
        folder = try TinyFolder()
        model = try folder.writeModel(patchDropout: patchDropout)
        data = ["--task_name", "tensors:" + (try folder.writeTensors())]
    }

    /// The flags of a run that writes to a folder of that name.
    func flags(_ name: String, _ more: [String] = []) -> [String] {
        [
            "train", "--model", model, "--output_dir", folder.file(name), "--threads", "1",
            "--device", "cpu", "--per_device_train_batch_size", "4", "--optimizer", "adamw",
            "--visual_lr", "1e-3", "--text_lr", "1e-3", "--logging_steps", "2", "--save_steps",
            "3", "--warmup_steps", "2", "--tensorboard", "false",
        ] + data + more
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.file(name))
    }

    func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
    }

    /// The complete lines of a file.
    func lines(_ name: String) -> [Substring] {
        guard let data = try? bytes(name) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }

    /// The lines of `metrics.jsonl` without the figures that are times.
    func metrics(_ name: String) throws -> [[String: Double]] {
        try lines(name + "/metrics.jsonl").map { line in
            try JSONDecoder().decode([String: Double].self, from: Data(line.utf8)).filter {
                !["samples_per_second", "data_seconds", "step_seconds"].contains($0.key)
            }
        }
    }

    /// Names in a folder that something unfinished was left under.
    func leftovers(_ name: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.file(name)).filter {
            $0.contains(".tmp-") || $0.contains(".latest.")
        }
    }
}
