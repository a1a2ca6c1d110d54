import EVAConfiguration
import EVATestSupport
import Foundation
import Testing
import Torch

@testable import EVATraining

/// What a run does to an output folder that is not empty.
@Suite struct OutputClaimTests {
    private let tiny: TinyTraining
    private static let saving = ["--save_strategy", "steps", "--save_steps", "2"]

    init() throws { tiny = try TinyTraining() }

    private func refusal(_ name: String, _ flags: [String] = []) -> String {
        let error = #expect(throws: TrainingError.self) {
            try Trainer(tiny.configuration(name, flags), device: .cpu)
        }
        #expect(error?.description.contains("\n") == false)
        return error?.description ?? ""
    }

    /// Every file below a folder, with its bytes.
    private func files(_ name: String) throws -> [String: Data] {
        let path = tiny.folder.file(name)
        var files: [String: Data] = [:]
        for item in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(
                atPath: "\(path)/\(item)", isDirectory: &isFolder)
            if exists, !isFolder.boolValue { files[item] = try tiny.bytes("\(name)/\(item)") }
        }
        return files
    }

    @Test("A new run over a finished one is refused with the ways on, and nothing is touched")
    func finished() throws {
        try tiny.train("a", Self.saving)
        let before = try files("a")
        let text = refusal("a", Self.saving)
        for word in [
            "3 checkpoints and the model", "--resume_from_checkpoint auto", "latest",
            "--overwrite_output_dir", "another folder", tiny.folder.file("a"),
        ] {
            #expect(text.contains(word), "no '\(word)' in: \(text)")
        }
        // A model alone, and a checkpoint of another folder, are no less.
        try tiny.train("b")
        #expect(refusal("b").contains("holds the model of an earlier run"))
        #expect(refusal("b", ["--resume_from_checkpoint", "auto"]).contains("holds the model"))
        let other = ["--resume_from_checkpoint", tiny.folder.file("a/checkpoint-2")]
        #expect(refusal("b", Self.saving + other).contains("holds the model"))
        #expect(try files("a") == before)
    }

    @Test("Overwriting leaves nothing of the earlier run and everything else")
    func overwritten() throws {
        let flags = Self.saving + ["--ema_decay", "0.9", "--tensorboard", "true"]
        try tiny.train("a", flags)
        for name in ["notes.txt", "checkpoint-2/notes.txt", "checkpoint-9/weights", "ema/mine"] {
            try tiny.folder.write("mine", to: "a/\(name)")
        }
        let events = try files("a").keys.filter { $0.hasPrefix("tensorboard/") }
        #expect(events.count == 1)
        try tiny.train("a", ["--overwrite_output_dir", "--max_steps", "3"])
        let names = try Set(files("a").keys)
        #expect(
            names == [
                ".evaclip-run", "notes.txt", "checkpoint-2/notes.txt", "checkpoint-9/weights",
                "ema/mine", "metrics.jsonl", "open_clip_model.safetensors", "config.json",
                "open_clip_config.json", "golden.safetensors", "SHA256SUMS",
            ], "\(names.sorted())")
    }

    @Test("Files that no run wrote are not replaced, under whatever name")
    func foreign() throws {
        try tiny.folder.write("mine", to: "a/config.json")
        try tiny.folder.write("mine", to: "a/checkpoint-2")
        for flags in [Self.saving, Self.saving + ["--overwrite_output_dir"]] {
            let text = refusal("a", flags)
            #expect(text.contains("config.json, checkpoint-2"), "\(text)")
            #expect(text.contains("was not written by a run"), "\(text)")
        }
        #expect(try files("a").count == 2)
        // What a run does not write does not keep it away.
        try FileManager.default.removeItem(atPath: tiny.folder.file("a/config.json"))
        try tiny.train("a", ["--save_strategy", "steps", "--save_steps", "5"])
        #expect(try tiny.bytes("a/checkpoint-2") == Data("mine".utf8))
    }

    @Test("Auto starts where there is no checkpoint, and goes on from the newest whole one")
    func auto() throws {
        let flags = Self.saving + ["--resume_from_checkpoint", "auto"]
        try tiny.train("whole", Self.saving)
        try tiny.train("a", flags + ["--stop_after_steps", "4"])
        let path = "a/checkpoint-4/open_clip_model.safetensors"
        try tiny.folder.write("damaged", to: path)
        let trainer = try Trainer(tiny.configuration("a", flags), device: .cpu)
        #expect(trainer.state.step == 2)
        #expect(trainer.notes.contains { $0.contains("checkpoint-4: passed over") })
        #expect(try trainer.run() == .finished)
        for file in ["open_clip_model.safetensors", "checkpoint-6/trainer_state.json"] {
            #expect(try tiny.bytes("a/\(file)") == tiny.bytes("whole/\(file)"), "\(file)")
        }
        // A finished run has nothing left to do.
        #expect(try tiny.train("a", flags).reports.isEmpty)
    }

    @Test("Going on and overwriting contradict each other")
    func contradiction() throws {
        try tiny.train("a", Self.saving)
        for name in ["latest", "auto", tiny.folder.file("a/checkpoint-2")] {
            #expect(throws: UsageError.self) {
                try Trainer(
                    tiny.configuration(
                        "a", ["--overwrite_output_dir", "--resume_from_checkpoint", name]),
                    device: .cpu)
            }
        }
    }

    @Test("One run at a time has a folder, and one that has ended keeps nobody out")
    func lock() throws {
        let first = try Trainer(tiny.configuration("a"), device: .cpu)
        let text = refusal("a")
        #expect(
            text.contains("process \(getpid()) on \(ProcessInfo.processInfo.hostName)"), "\(text)")
        // Being refused does not take the lock away.
        #expect(refusal("a") == text)
        // Another folder is free, and looking is allowed.
        _ = try Trainer(tiny.configuration("b"), device: .cpu)
        _ = try Trainer(tiny.configuration("a", ["--do_train", "false"]), device: .cpu)
        #expect(try first.run() == .finished)
        let lock = tiny.folder.file("a/.evaclip-lock")
        #expect(!FileManager.default.fileExists(atPath: lock))
        // What a killed process leaves: the file without the system's lock.
        try tiny.folder.write("{\"host\": \"elsewhere\"}", to: "a/.evaclip-lock")
        try tiny.train("a", ["--overwrite_output_dir"])
    }

    @Test("What a killed run left unfinished goes, and the lock tells that it has ended")
    func leftOver() throws {
        for name in [
            ".checkpoint-4.tmp-999999-1-2-3/half", ".metrics.jsonl.tmp-1-1-1-1",
            ".replaced-checkpoint-4/half", ".notes", "checkpoint-4.tmp",
        ] {
            try tiny.folder.write("half", to: "a/\(name)")
        }
        _ = try Trainer(tiny.configuration("a"), device: .cpu)
        #expect(try Set(files("a").keys) == ["checkpoint-4/half", ".notes", "checkpoint-4.tmp"])
    }

    @Test("Checking alone says what training would be refused for, and writes nothing")
    func checkOnly() throws {
        try tiny.train("a", Self.saving)
        let before = try files("a")
        let trainer = try Trainer(
            tiny.configuration("a", ["--do_train", "false"]), device: .cpu)
        #expect(trainer.notes.contains { $0.hasPrefix("training would be refused") })
        #expect(try files("a") == before)
    }

    @Test("A list of files that leads out of the folder is refused")
    func manifest() throws {
        for text in [
            "{\"version\": 1, \"files\": [\"../b\"]}", "{\"version\": 1, \"files\": [\"/etc/b\"]}",
            "{\"version\": 9, \"files\": []}", "[]", "",
        ] {
            try tiny.folder.write(text, to: "a/.evaclip-run")
            #expect(refusal("a").contains(".evaclip-run: is not the list"), "\(text)")
        }
    }
}
