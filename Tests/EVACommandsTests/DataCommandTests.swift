import EVAData
import EVATestSupport
import Foundation
import Testing

/// What `evaclip data` says of data sets.
@Suite struct DataCommandTests {
    private func shapes() throws -> TinyRun {
        let run = try TinyRun()
        let exporter = ShapesExporter(
            imageSize: 32, seed: 3, trainingCount: 6, validationCount: 2, picturesPerClass: 1)
        try exporter.write(to: run.folder.file("shapes"))
        return run
    }

    @Test("Whole data sets are found whole, however they are named")
    func check() throws {
        let run = try shapes()
        let root = run.folder.file("shapes")
        for (arguments, count) in [
            ([root], 6), (["--task_name", "coco_clip", "--data-root", root], 6),
            ([root, "--split", "val"], 2), ([root + "/zero_shot"], 24),
            (
                [
                    root + "/annotations/coco_karpathy_train.json", "--data_root", root + "/images",
                ], 6
            ),
        ] {
            let outcome = try EvaclipProcess.run(["data", "check"] + arguments)
            #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
            #expect(outcome.output == "\(count) samples were read; none is broken\n")
        }
    }

    @Test("Broken samples are printed up to a number, all are listed, and the exit code says so")
    func broken() throws {
        let run = try shapes()
        let image = run.folder.file("shapes/images/train")
        let names = try FileManager.default.contentsOfDirectory(atPath: image).sorted()
        let rows = names.map { "\(image)/\($0)\ta caption" } + ["a", "b", "absent.png\tc"]
        let table = run.folder.file("t.tsv")
        try ("filepath\ttitle\n" + rows.joined(separator: "\n")).write(
            toFile: table, atomically: true, encoding: .utf8)
        let outcome = try EvaclipProcess.run([
            "data", "check", table, "--first", "2", "--output", run.folder.file("bad.jsonl"),
        ])
        #expect(outcome.code == 1)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].contains("t.tsv, line 8: expected 2 fields"))
        #expect(lines.last?.hasPrefix("3 of 9 samples are broken; all are listed in ") == true)
        #expect(run.lines("bad.jsonl").count == 3)
        #expect(run.lines("bad.jsonl").last?.contains("absent.png") == true)
    }

    @Test("Options that change nothing are told")
    func idleOptions() throws {
        let run = try shapes()
        let file = run.folder.file("shapes/annotations/coco_karpathy_train.json")
        let outcome = try EvaclipProcess.run([
            "data", "check", file, "--data_root", run.folder.file("shapes/images"), "--split",
            "val",
            "--csv_img_key", "u",
        ])
        #expect(outcome.code == 0, "\(outcome)")
        let warnings = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
        #expect(
            warnings.map { $0.split(separator: " ")[1] } == ["--split", "--csv_img_key"],
            "\(outcome.errors)")
    }

    @Test("Statistics are a table and one JSON object")
    func stats() throws {
        let run = try shapes()
        let root = run.folder.file("shapes")
        let table = try EvaclipProcess.succeed("data", "stats", root)
        for row in [
            "samples            6", "longer than 77     0 (0.00 %)", "formats            PNG 6",
        ] {
            #expect(table.contains(row), "no '\(row)' in: \(table)")
        }
        let json = try EvaclipProcess.succeed("data", "stats", root, "--json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["samples"] as? Int == 6 && object["broken"] as? Int == 0)
        let widths = try #require(object["widths"] as? [String: Any])
        #expect(widths["median"] as? Int == 32 && widths["largest"] as? Int == 32)
        #expect((object["pictures_per_second"] as? Double ?? 0) > 0)
        #expect((object["tokens"] as? [String: Any])?["p90"] as? Int ?? 0 > 4)
    }

    @Test("Statistics of data of which nothing can be read are a failure that says why")
    func nothingToTell() throws {
        let run = try TinyRun()
        let table = try run.folder.write("filepath\ttitle\nabsent.png\ta\ngone.png\tb", to: "t.tsv")
        let outcome = try EvaclipProcess.run(["data", "stats", table])
        #expect(outcome.code == 1 && outcome.output.isEmpty)
        #expect(outcome.errorLines.first?.contains("none of its 2 samples can be read") == true)
        #expect(outcome.errorLines.first?.contains("absent.png: no such file") == true)
    }

    @Test("Empty captions are told of")
    func emptyCaptions() throws {
        let run = try shapes()
        let picture = run.folder.file("shapes/images/train/")
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: picture).first)
        let table = try run.folder.write(
            "filepath\ttitle\n\(picture)\(name)\ta\n\(picture)\(name)\t  \n", to: "t.tsv")
        let output = try EvaclipProcess.succeed("data", "check", table)
        #expect(output.contains("1 with an empty caption"), "\(output)")
        #expect(output.contains("2 samples were read; none is broken"), "\(output)")
    }

    @Test("Names out of data do nothing to a terminal, and no message is longer than a page")
    func harmless() throws {
        let run = try TinyRun()
        let table = try run.folder.write(
            "filepath\ttitle\n\u{1B}[2J\u{9B}31m\u{202E}a.png\ta\n", to: "t.tsv")
        let found = try EvaclipProcess.run(["data", "check", table])
        #expect(found.output.contains("\\u{1B}[2J\\u{9B}31m\\u{202E}a.png"), "\(found.output)")
        #expect(!found.output.contains("\u{1B}"))
        let header = try run.folder.write(String(repeating: "x", count: 1 << 20), to: "h.csv")
        let refused = try EvaclipProcess.run(["data", "check", header])
        #expect(refused.code == 1 && refused.errors.utf8.count < 5000)
        #expect(refused.errors.contains(" characters more)"))
    }

    @Test("A file that is shortened while it is mapped ends the command with a line, not a crash")
    func shortenedWhileMapped() throws {
        let run = try TinyRun()
        let table = try run.folder.write("filepath\ttitle\n", to: "t.tsv")
        // Two gigabytes of one row, of which nothing is on the disk.
        try #require(truncate(table, 2 << 30) == 0)
        let process = try EvaclipProcess(["data", "check", table])
        let maps = "/proc/\(process.identifier)/maps"
        for _ in 0..<60_000 {
            if try String(contentsOfFile: maps, encoding: .utf8).contains(table) { break }
            usleep(1000)
        }
        truncate(table, 100)
        let outcome = try process.wait()
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.errorLines.first?.contains("became shorter while it was") == true)
    }

    @Test("A path that is no UTF-8 is refused, not repaired")
    func rawPath() throws {
        let outcome = try EvaclipProcess(
            [], shell: "set -- data check \"$(printf 'caf\\351.csv')\""
        ).wait()
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("argument 3, 'caf\u{FFFD}.csv': is not UTF-8"))
    }

    @Test("What is no data set is refused")
    func refused() throws {
        try EvaclipProcess.expectFailure(["data", "check"], code: 64, words: ["expected one path"])
        try EvaclipProcess.expectFailure(
            ["data", "stats", "absent.csv"], code: 1, words: ["absent.csv"])
    }
}
