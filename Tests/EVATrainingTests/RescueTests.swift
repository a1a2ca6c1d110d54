import EVAConfiguration
import EVAData
import EVATestSupport
import Foundation
import Testing
import Torch

@testable import EVATraining

/// Runs that something ends before their time.
@Suite struct RescueTests {
    private let tiny: TinyTraining

    init() throws { tiny = try TinyTraining() }

    @Test("A picture too many that cannot be read ends the run after it was saved; it goes on")
    func data() throws {
        let folder = tiny.folder
        try folder.writeModel(vocabularySize: 49408)
        let exporter = ShapesExporter(
            imageSize: 32, trainingCount: 32, validationCount: 1, picturesPerClass: 1)
        try exporter.write(to: folder.file("coco"))
        func run(_ name: String, _ flags: [String] = []) throws {
            try tiny.train(
                name,
                [
                    "--task_name", "coco_clip", "--data_root", folder.file("coco"), "--shuffle",
                    "false", "--max_steps", "8", "--dataloader_num_workers", "1",
                    "--gradient_accumulation_steps", "2", "--per_device_train_batch_size", "2",
                    "--logging_steps", "3",
                ] + flags)
        }
        try run("whole")
        let picture = "coco/images/train/30.png"
        let whole = try tiny.bytes(picture)
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder.file(picture)))
        let error = #expect(throws: TrainingError.self) {
            try run("cut", ["--max_bad_samples", "0"])
        }
        let text = error?.description ?? ""
        let step = try #require(CheckpointFolder(root: folder.file("cut")).steps.first)
        #expect(text.contains("--max_bad_samples") && text.contains("30.png"), "\(text)")
        #expect(text.contains("saved after step \(step), go on from there"), "\(text)")
        #expect(!text.contains("\n") && (1...7).contains(step), "\(text)")
        try whole.write(to: URL(fileURLWithPath: folder.file(picture)))
        try run("cut", ["--resume_from_checkpoint", "latest", "--max_bad_samples", "1"])
        let file = "open_clip_model.safetensors"
        #expect(try tiny.bytes("cut/\(file)") == tiny.bytes("whole/\(file)"))
        func losses(_ name: String) throws -> [Substring] {
            String(decoding: try tiny.bytes("\(name)/metrics.jsonl"), as: UTF8.self)
                .split(separator: "\n").compactMap {
                    $0.split(separator: ",").first { $0.contains("loss") }
                }
        }
        #expect(try losses("cut") == losses("whole"))
    }

    @Test("A log that cannot be written ends the run after it was saved; it goes on")
    func log() throws {
        try tiny.train("whole")
        let trainer = try Trainer(tiny.configuration("cut"), device: .cpu)
        let path = tiny.folder.file("cut/metrics.jsonl")
        let error = #expect(throws: TrainingError.self) {
            _ = try trainer.run(report: { report in
                guard report.step == 2 else { return }
                unlink(path)
                mkdir(path, 0o777)
            })
        }
        let text = error?.description ?? ""
        #expect(text.contains("metrics.jsonl") && text.contains("saved after step 3"), "\(text)")
        #expect(rmdir(path) == 0)
        let rest = try tiny.train("cut", ["--resume_from_checkpoint", "latest"])
        // The report that could not be written is made up for by the next one.
        #expect(rest.reports.map(\.step) == [4, 5, 6])
        let file = "open_clip_model.safetensors"
        #expect(try tiny.bytes("cut/\(file)") == tiny.bytes("whole/\(file)"))
    }

    @Test("What fails before the first step leaves no checkpoint")
    func nothingLearnt() throws {
        try tiny.folder.writeModel(vocabularySize: 49408)
        let rows = (0..<8).map { "no-\($0).png\tA red square\n" }.joined()
        let table = try tiny.folder.write("filepath\ttitle\n" + rows, to: "none.tsv")
        let error = #expect(throws: DataError.self) {
            try tiny.train("a", ["--task_name", table, "--max_bad_samples", "0"])
        }
        #expect(error?.description.contains("--resume_from_checkpoint") == false)
        #expect(CheckpointFolder(root: tiny.folder.file("a")).steps == [])
    }

    @Test("The time of a report is that of the steps this process took")
    func interval() {
        var interval = ReportInterval()
        interval.noteStep()
        interval.noteStep()
        let seconds = interval.next(waited: 6)
        // Two steps waited six seconds; with those of an earlier process it would be less each.
        #expect(seconds.data == 3)
        interval.noteStep()
        #expect(interval.next(waited: 10).data == 4)
    }
}
