import EVATestSupport
import EVATraining
import Foundation
import Testing

@Suite struct CheckpointFolderTests {
    private func write(_ steps: [Int], limit: Int?, in folder: CheckpointFolder) throws {
        for step in steps {
            try folder.write(step: step, limit: limit) { path in
                try Data("\(step)".utf8).write(
                    to: URL(fileURLWithPath: path + "/trainer_state.json"))
            }
        }
    }

    @Test("The newest checkpoints are kept, and latest is the newest")
    func rotation() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        try write([2, 4, 10], limit: nil, in: folder)
        #expect(folder.steps == [2, 4, 10])
        try write([12], limit: 2, in: folder)
        #expect(folder.steps == [10, 12])
        #expect(try folder.resolve("latest") == folder.path(step: 12))
        try write([14], limit: 1, in: folder)
        #expect(folder.steps == [14])
    }

    @Test("Checkpoints of an earlier run are older than those of this one, whatever their number")
    func leftOver() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        try write([100, 200], limit: nil, in: folder)
        try write([10], limit: 2, in: folder)
        #expect(folder.steps == [10, 200])
        #expect(try folder.resolve("latest") == folder.path(step: 10))
        try write([20], limit: 2, in: folder)
        #expect(folder.steps == [10, 20])
        #expect(try folder.resolve("latest") == folder.path(step: 20))
    }

    @Test("A checkpoint that fails leaves those before it and nothing of itself")
    func failure() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        try write([2], limit: nil, in: folder)
        #expect(throws: TrainingError.self) {
            try folder.write(step: 4, limit: 1) { path in
                try Data().write(to: URL(fileURLWithPath: path + "/half"))
                throw TrainingError("no more space")
            }
        }
        #expect(try folder.resolve("latest") == folder.path(step: 2))
        let names = try FileManager.default.contentsOfDirectory(atPath: files.path)
        #expect(names.sorted() == ["checkpoint-2", "latest"])
    }

    @Test("What a killed process left half-written is removed, and nothing else")
    func unfinished() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        try write([2], limit: nil, in: folder)
        try files.write("", to: ".checkpoint-4.tmp-321-1abc9/optimizer.safetensors")
        try files.write("", to: ".metrics.jsonl.tmp-321-zz")
        for name in [".notes", "checkpoint-4.tmp", ".checkpoint-4.tmp-", "metrics.jsonl"] {
            try files.write("", to: name)
        }
        try folder.removeUnfinished()
        let names = try FileManager.default.contentsOfDirectory(atPath: files.path)
        #expect(
            Set(names) == [
                "checkpoint-2", "latest", ".notes", "checkpoint-4.tmp", ".checkpoint-4.tmp-",
                "metrics.jsonl",
            ])
    }

    @Test("What is no checkpoint is refused with the place that was looked at")
    func missing() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        for name in ["latest", files.file("checkpoint-9")] {
            let error = #expect(throws: TrainingError.self) { try folder.resolve(name) }
            #expect(error?.description.contains(files.path) == true)
        }
        // A link to nothing, as a crash between two checkpoints may leave, is passed over.
        try write([2, 4], limit: nil, in: folder)
        try FileManager.default.removeItem(atPath: folder.path(step: 4))
        #expect(try folder.resolve("latest") == folder.path(step: 2))
    }
}
