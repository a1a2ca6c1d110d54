import EVATestSupport
import Foundation
import Testing

/// Output folders that several processes want, or that hold something already.
@Suite struct OutputFolderTests {
    private let run: TinyRun

    init() throws { run = try TinyRun() }

    @Test(
        "The second of two runs is refused with the first one's number; a killed one is no hindrance"
    )
    func twoRuns() throws {
        let flags = run.flags("a", ["--max_steps", "100000", "--save_steps", "20"])
        let first = try EvaclipProcess(flags)
        var isRunning = true
        defer { if isRunning { first.send(SIGKILL) } }
        try first.wait(until: { run.exists("a/checkpoint-20") })
        for more in [[], ["--resume_from_checkpoint", "auto"], ["--overwrite_output_dir"]] {
            try EvaclipProcess.expectFailure(
                flags + more + ["--stop_after_steps", "60"], code: 1,
                words: ["process \(first.identifier) on ", run.folder.file("a")])
        }
        first.send(SIGKILL)
        #expect(try first.wait().signal == SIGKILL)
        isRunning = false
        #expect(run.exists("a/.evaclip-lock"))
        try EvaclipProcess.expectFailure(flags, code: 1, words: ["--resume_from_checkpoint auto"])
        let second = try EvaclipProcess.run(
            flags + ["--resume_from_checkpoint", "auto", "--stop_after_steps", "21"])
        #expect(second.code == 0, "\(second.errors)")
        #expect(!run.exists("a/.evaclip-lock"))
    }

    @Test("A new run over a finished one is refused and changes nothing; so is looking at it")
    func finished() throws {
        let flags = run.flags("a", ["--max_steps", "6"])
        #expect(try EvaclipProcess.run(flags).code == 0)
        func digests() throws -> [String: Int] {
            try FileManager.default.subpathsOfDirectory(atPath: run.folder.file("a"))
                .reduce(into: [:]) { $0[$1] = (try? run.bytes("a/\($1)"))?.hashValue }
        }
        let before = try digests()
        try EvaclipProcess.expectFailure(
            flags, code: 1,
            words: [
                "2 checkpoints and the model", "--resume_from_checkpoint auto", "latest",
                "--overwrite_output_dir", "another folder",
            ])
        #expect(try EvaclipProcess.run(flags + ["--do_train", "false"]).code == 0)
        #expect(try digests() == before)
        try EvaclipProcess.expectFailure(
            flags + ["--overwrite_output_dir", "--resume_from_checkpoint", "latest"], code: 64,
            words: ["--overwrite_output_dir"])
        let again = try EvaclipProcess.run(flags + ["--overwrite_output_dir", "--max_steps", "4"])
        #expect(again.code == 0, "\(again.errors)")
        #expect(!run.exists("a/checkpoint-6") && run.exists("a/checkpoint-4"))
    }

    @Test("Converting again after a kill finds no hindrance in what was left")
    func convertAfterKill() throws {
        #expect(try EvaclipProcess.run(run.flags("a", ["--max_steps", "4"])).code == 0)
        let folder = run.folder
        let convert = ["convert", folder.file("a"), folder.file("out"), "--golden", "false"]
        #expect(try EvaclipProcess.run(convert).code == 0)
        // As if the process had ended between the two steps of replacing the folder...
        try FileManager.default.moveItem(
            atPath: folder.file("out"), toPath: folder.file(".replaced-out"))
        try folder.write("half", to: ".out.tmp-999999-1-1-1/open_clip_model.safetensors")
        try EvaclipProcess.expectFailure(convert, code: 1, words: ["exists", "--force"])
        // ... or after both.
        try folder.write("old", to: ".replaced-out/config.json")
        for _ in 0..<2 { #expect(try EvaclipProcess.run(convert + ["--force"]).code == 0) }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasPrefix(".replaced-") }
        #expect(left.isEmpty, "\(left)")
    }

    @Test("One flipped bit of a PyTorch file does not verify")
    func flippedBit() throws {
        #expect(try EvaclipProcess.run(run.flags("a", ["--max_steps", "4"])).code == 0)
        let path = run.folder.file("a.pt")
        try EvaclipProcess.succeed("convert", run.folder.file("a"), path)
        let verify = ["verify", path, "--config", run.folder.file("model.json"), "--threads", "1"]
        let good = try EvaclipProcess.run(verify)
        #expect(good.code == 0 && good.output.contains("CRC-32"), "\(good)")
        var bytes = try run.bytes("a.pt")
        // The last bit of a number's fraction: still a number, still nearly the same.
        bytes[bytes.count / 2 / 4 * 4] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let bad = try EvaclipProcess.run(verify)
        #expect(bad.code == 1, "\(bad)")
        #expect(bad.errorLines.contains { $0.contains("CRC-32") }, "\(bad.errors)")
    }
}
