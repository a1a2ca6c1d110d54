import EVATestSupport
import Foundation
import Testing

/// Signals other than Ctrl-C and SIGTERM, which `ResumeTests` sends.
@Suite struct SignalTests {
    private let run: TinyRun
    private static let flags = [
        "--max_steps", "400", "--logging_steps", "1", "--save_steps", "400",
    ]

    init() throws { run = try TinyRun() }

    /// Starts a run and waits until it has logged something.
    private func start(_ name: String, shell: String? = nil) throws -> EvaclipProcess {
        let process = try EvaclipProcess(run.flags(name, Self.flags), shell: shell)
        try process.wait(until: { run.lines("\(name)/metrics.jsonl").count >= 4 })
        return process
    }

    private func expectResumable(_ name: String) throws {
        #expect(run.exists("\(name)/latest/trainer_state.json"))
        let resumed = try EvaclipProcess.run(
            run.flags(name, Self.flags + ["--resume_from_checkpoint", "latest"]))
        #expect(resumed.code == 0, "\(resumed.errors)")
        #expect(try run.metrics(name).count == 400)
    }

    @Test("A closed terminal and Slurm's notice save the run", arguments: [SIGHUP, SIGUSR1])
    func saved(signal: Int32) throws {
        let process = try start("a")
        process.send(signal)
        // What comes again while the run is saved does not end it.
        process.send(signal)
        let outcome = try process.wait()
        #expect(outcome.code == 128 + signal, "\(outcome)")
        #expect(outcome.errors.contains("interrupted; saved after step"), "\(outcome.errors)")
        try expectResumable("a")
    }

    @Test("A reader of the output that ends, as head does, saves the run")
    func pipe() throws {
        let pipe = run.folder.file("pipe")
        let outcome = try EvaclipProcess.run(
            run.flags("a", Self.flags),
            shell: "mkfifo \(pipe); head -n 6 < \(pipe) > /dev/null & exec 2> \(pipe)")
        #expect(outcome.code == 128 + SIGPIPE, "\(outcome)")
        try expectResumable("a")
    }

    @Test("Under nohup a closed terminal ends nothing")
    func ignored() throws {
        let process = try start("a", shell: "trap '' HUP")
        process.send(SIGHUP)
        let outcome = try process.wait()
        #expect(outcome.code == 0, "\(outcome)")
        #expect(run.exists("a/open_clip_model.safetensors"))
    }
}
