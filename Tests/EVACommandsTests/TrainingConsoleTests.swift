import EVAImaging
import EVATestSupport
import Foundation
import Testing

/// What a person sees of a run.
@Suite struct TrainingConsoleTests {
    /// Everything that a command says to a terminal.
    private func said(_ arguments: [String]) throws -> String {
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        defer { close(terminal) }
        // TIOCSPTLCK and TIOCGPTN of ioctl_tty(2), macros that Swift does not see.
        var lock: Int32 = 0
        var number: UInt32 = 0
        try #require(ioctl(terminal, 0x4004_5431, &lock) == 0)
        try #require(ioctl(terminal, 0x8004_5430, &number) == 0)
        let process = try EvaclipProcess(arguments, errors: "/dev/pts/\(number)")
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(terminal, &buffer, buffer.count), count > 0 {
            bytes += buffer[..<count]
        }
        let outcome = try process.wait()
        #expect(outcome.code == 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("On a terminal a bar tells rate and time left, without one or if unwanted lines do")
    func progress() throws {
        let run = try TinyRun()
        let flags = ["--max_steps", "6", "--save_strategy", "no"]
        let bar = try said(run.flags("bar", flags))
        #expect(bar.contains("\r\u{1B}[2K[====    "), "\(bar)")
        #expect(bar.contains("[========================] 6/6 steps, "), "\(bar)")
        #expect(bar.contains("/s, 0:00 left, loss "), "\(bar)")
        #expect(!bar.contains("step 6: "), "\(bar)")
        let unwanted = try said(run.flags("lines", flags + ["--disable_tqdm", "True"]))
        #expect(!unwanted.contains("\u{1B}") && unwanted.contains("step 6: loss "), "\(unwanted)")
        let file = try EvaclipProcess.run(run.flags("file", flags))
        #expect(!file.errors.contains("\u{1B}") && file.errors.contains("step 6: loss "))
    }

    @Test("A run that waits for its data most of the time says so, once, with what helps")
    func waiting() throws {
        let run = try TinyRun()
        try run.folder.writeModel(vocabularySize: 49408, to: "words.json")
        var rows = "filepath,title\n"
        for index in 0..<8 {
            let pixels = (0..<1000 * 1000 * 3).map {
                UInt8(truncatingIfNeeded: ($0 + index) &* $0 >> 7)
            }
            let picture = Image(width: 1000, height: 1000, mode: .rgb, pixels: pixels)
            try Data(PNGEncoder.encode(picture)).write(
                to: URL(fileURLWithPath: run.folder.file("\(index).png")))
            rows += "\(index).png,number \(index)\n"
        }
        try rows.write(toFile: run.folder.file("t.csv"), atomically: true, encoding: .utf8)
        let outcome = try EvaclipProcess.run(
            run.flags(
                "out",
                [
                    "--model", run.folder.file("words.json"), "--task_name",
                    run.folder.file("t.csv"), "--max_steps", "5", "--warmup_steps", "0",
                    "--logging_steps", "1", "--dataloader_num_workers", "1", "--save_steps", "9",
                    // What a step costs besides its pictures weighs less in a larger one.
                    "--per_device_train_batch_size", "8",
                ]))
        #expect(outcome.code == 0, "\(outcome.errors)")
        let warnings = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
        #expect(warnings.count == 1, "\(outcome.errors)")
        #expect(
            warnings.first?.contains(
                "of the time training waits for data; raise --dataloader_num_workers (1 threads")
                == true, "\(warnings)")
        let metrics = try run.lines("out/metrics.jsonl").map {
            try JSONDecoder().decode([String: Double].self, from: Data($0.utf8))
        }
        for line in metrics {
            #expect(line["data_seconds"] ?? 9 > 0)
            #expect(line["data_seconds"] ?? 9 <= line["step_seconds"] ?? 0)
        }
    }
}
