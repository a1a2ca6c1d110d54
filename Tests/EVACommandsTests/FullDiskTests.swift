import EVATestSupport
import Foundation
import Testing

/// A disk that fills up while a checkpoint is written leaves the one before it whole.
@Suite struct FullDiskTests {
    /// A run of four steps with a checkpoint after each second one.
    private static let flags = ["--max_steps", "4", "--save_steps", "2", "--warmup_steps", "0"]

    @Test("A file that cannot grow ends the run with one line; the run goes on from before")
    func fileLimit() throws {
        let run = try TinyRun()
        #expect(try EvaclipProcess.run(run.flags("whole", Self.flags)).code == 0)
        let first = try EvaclipProcess.run(
            run.flags("cut", Self.flags + ["--stop_after_steps", "2"]))
        #expect(first.code == 0, "\(first.errors)")
        // The optimizer's file is twice as long as the weights'; the limit lies between the two.
        let blocks =
            try run.bytes("cut/checkpoint-2/open_clip_model.safetensors").count * 3 / 2 / 512
        let resume = Self.flags + ["--resume_from_checkpoint", "latest"]
        let second = try EvaclipProcess.run(
            run.flags("cut", resume), shell: "ulimit -f \(blocks)")
        try expectFullDisk(second, "File too large", run)
        let third = try EvaclipProcess.run(run.flags("cut", resume))
        #expect(third.code == 0, "\(third.errors)")
        try expectEqual(run)
    }

    @Test("A full file system ends the run with one line; the run goes on from before")
    func fileSystem() throws {
        let run = try TinyRun()
        #expect(try EvaclipProcess.run(run.flags("whole", Self.flags)).code == 0)
        let checkpoint = try ["open_clip_model", "optimizer"].reduce(0) {
            try $0 + run.bytes("whole/checkpoint-2/\($1).safetensors").count
        }
        // One checkpoint fits, another does not; every small file takes a page.
        let logs = 16 << 12
        let mount = run.folder.file("cut")
        try FileManager.default.createDirectory(
            atPath: mount, withIntermediateDirectories: true)
        guard shell("mount -t tmpfs -o size=\(checkpoint * 8 / 5 + logs) tmpfs \(mount)") else {
            print("skipped: this user cannot mount a small file system")
            return
        }
        defer { _ = shell("umount \(mount)") }
        let outcome = try EvaclipProcess.run(run.flags("cut", Self.flags))
        try expectFullDisk(outcome, "No space left on device", run)
        #expect(shell("mount -o remount,size=\(checkpoint * 8) tmpfs \(mount)"))
        let resumed = try EvaclipProcess.run(
            run.flags("cut", Self.flags + ["--resume_from_checkpoint", "latest"]))
        #expect(resumed.code == 0, "\(resumed.errors)")
        try expectEqual(run)
    }

    private func expectFullDisk(
        _ outcome: EvaclipProcess.Outcome, _ reason: String, _ run: TinyRun
    ) throws {
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errorLines.first?.contains(reason) == true, "\(outcome.errors)")
        #expect(outcome.errorLines.first?.contains("safetensors") == true, "\(outcome.errors)")
        #expect(!run.exists("cut/checkpoint-4"))
        #expect(try run.leftovers("cut").isEmpty)
        try EvaclipProcess.succeed(
            "embed", "--model", run.folder.file("cut/checkpoint-2"), "--pixels",
            run.folder.file("data.safetensors"), "--output", run.folder.file("o.safetensors"),
            "--threads", "1")
    }

    private func expectEqual(_ run: TinyRun) throws {
        #expect(try run.metrics("cut") == run.metrics("whole"))
        #expect(
            try run.bytes("cut/open_clip_model.safetensors")
                == run.bytes("whole/open_clip_model.safetensors"))
    }

    private func shell(_ command: String) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
