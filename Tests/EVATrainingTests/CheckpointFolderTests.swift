import EVATensorFiles
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
                return try FolderChecksums(folder: path)
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

    @Test("What no run wrote is neither counted nor removed nor replaced, whatever its name")
    func foreign() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        try files.write("mine", to: "checkpoint-1")
        try files.write("mine", to: "checkpoint-2/notes.txt")
        // Another program's state is none of ours.
        try files.write("{\"global_step\": 3}", to: "checkpoint-3/trainer_state.json")
        try write([4, 5, 6], limit: nil, in: folder)
        try files.write("mine", to: "checkpoint-4/notes.txt")
        let renamed = files.file("checkpoint-007")
        try FileManager.default.moveItem(atPath: folder.path(step: 6), toPath: renamed)
        #expect(folder.steps == [4, 5])
        try write([8], limit: 1, in: folder)
        #expect(folder.steps == [8])
        let error = #expect(throws: TrainingError.self) { try write([1], limit: 1, in: folder) }
        #expect(error?.description.contains("was not written by a run") == true)
        let names = try FileManager.default.subpathsOfDirectory(atPath: files.path)
        #expect(
            Set(names) == [
                "checkpoint-1", "checkpoint-2", "checkpoint-2/notes.txt", "checkpoint-3",
                "checkpoint-3/trainer_state.json", "checkpoint-4", "checkpoint-4/notes.txt",
                "checkpoint-007", "checkpoint-007/trainer_state.json", "checkpoint-007/SHA256SUMS",
                "checkpoint-8", "checkpoint-8/trainer_state.json", "checkpoint-8/SHA256SUMS",
                "latest",
            ], "\(names)")
    }

    @Test("The newest whole checkpoint is found behind damaged ones, and those are named")
    func newestWhole() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        var notes: [String] = []
        #expect(folder.newestWhole { notes.append($0) } == nil && notes.isEmpty)
        try write([2, 4, 6], limit: nil, in: folder)
        #expect(folder.newestWhole { notes.append($0) } == folder.path(step: 6) && notes.isEmpty)
        try files.write("other", to: "checkpoint-6/trainer_state.json")
        #expect(folder.newestWhole { notes.append($0) } == folder.path(step: 4))
        #expect(notes.count == 1 && notes[0].contains(folder.path(step: 6)), "\(notes)")
        // A run that went on from an earlier step has its newest where the link points.
        try write([3], limit: nil, in: folder)
        #expect(folder.newestWhole { _ in } == folder.path(step: 3))
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
        var notes: [String] = []
        #expect(try folder.resolve("latest") { notes.append($0) } == folder.path(step: 2))
        #expect(notes.count == 1 && notes[0].contains("checkpoint-4"), "\(notes)")
    }

    @Test("The best checkpoint is neither counted nor removed, until another is best")
    func best() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        func write(_ step: Int, best: Int) throws {
            try folder.write(step: step, limit: 2, best: best) { path in
                try Data().write(to: URL(fileURLWithPath: path + "/trainer_state.json"))
                return try FolderChecksums(folder: path)
            }
        }
        let link = files.file("best")
        for step in [1, 2, 3, 4, 5] { try write(step, best: 2) }
        #expect(folder.steps == [2, 4, 5])
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: link)
        #expect(target == "checkpoint-2")
        try write(6, best: 6)
        #expect(folder.steps == [4, 5, 6])
        try write(7, best: 6)
        #expect(folder.steps == [5, 6, 7])
        try folder.pointBest(to: nil)
        #expect(!FileManager.default.fileExists(atPath: link))
    }

    @Test("A checkpoint of the same step stays whole until the new one is")
    func sameStep() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        try write([2], limit: nil, in: folder)
        #expect(throws: TrainingError.self) {
            try folder.write(step: 2, limit: nil) { _ in
                #expect(FileManager.default.fileExists(atPath: folder.path(step: 2)))
                throw TrainingError("no more space")
            }
        }
        try folder.verify(folder.path(step: 2), files: ["trainer_state.json"])
        try write([2], limit: nil, in: folder)
        #expect(folder.steps == [2])
    }

    @Test("A damaged checkpoint is refused in one line that names the whole one before it")
    func damaged() throws {
        let files = try TinyFolder()
        let folder = CheckpointFolder(root: files.path)
        try write([2, 4, 6, 8], limit: nil, in: folder)
        func refusal(_ step: Int, files: [String] = ["trainer_state.json"]) -> String {
            #expect(throws: TrainingError.self) {
                try folder.verify(folder.path(step: step), files: files)
            }?.description ?? ""
        }
        try files.write("other", to: "checkpoint-8/trainer_state.json")
        try files.write("", to: "checkpoint-6/SHA256SUMS")
        let text = refusal(8)
        #expect(text.contains("trainer_state.json is damaged"), "\(text)")
        #expect(text.contains("before it is \(folder.path(step: 4))"), "\(text)")
        #expect(!text.contains("\n"))
        #expect(refusal(6).contains("does not list trainer_state.json"))
        try FileManager.default.removeItem(atPath: files.file("checkpoint-4/SHA256SUMS"))
        #expect(refusal(4).contains("SHA256SUMS is missing"))
        try FileManager.default.removeItem(atPath: files.file("checkpoint-2/trainer_state.json"))
        let last = refusal(2)
        #expect(last.contains("trainer_state.json is missing"), "\(last)")
        #expect(last.contains("no whole one before it"), "\(last)")
        // Reached by a link, it is the same checkpoint.
        try write([10], limit: nil, in: folder)
        try files.write("other", to: "checkpoint-10/trainer_state.json")
        let linked = #expect(throws: TrainingError.self) {
            try folder.verify(files.file("latest"), files: ["trainer_state.json"])
        }
        #expect(linked?.description.contains("no whole one before it") == true)
    }
}
