import EVAData
import EVATestSupport
import Foundation
import Testing

/// Training on lists of pictures that a user wrote.
@Suite struct TableTrainingTests {
    /// A folder with pictures, and the rows that name them.
    private struct Pictures {
        let run: TinyRun
        let rows: [(path: String, caption: String)]

        init() throws {
            run = try TinyRun()
            let exporter = ShapesExporter(
                imageSize: 32, seed: 3, trainingCount: 12, validationCount: 1, picturesPerClass: 1)
            try exporter.write(to: run.folder.file("shapes"))
            try run.folder.writeModel(vocabularySize: 49408, to: "words.json")
            let source = try COCOKarpathySource(root: run.folder.file("shapes"), split: .train)
            rows = try (0..<source.count).map { index in
                let sample = try source.sample(at: index)
                guard case .file(let path) = sample.picture, case .caption(let text)? = sample.text
                else { throw DataError(path(index), "is no captioned file") }
                return (path, text)
            }
            func path(_ index: Int) -> String { "\(source.name) \(index)" }
        }

        func write(_ text: String, to name: String) throws -> String {
            try text.write(toFile: run.folder.file(name), atomically: true, encoding: .utf8)
            return run.folder.file(name)
        }

        func flags(_ name: String, task: String, _ more: [String] = []) -> [String] {
            run.flags(
                name,
                [
                    "--model", run.folder.file("words.json"), "--task_name", task, "--max_steps",
                    "2", "--warmup_steps", "0", "--save_strategy", "no", "--logging_steps", "1",
                ] + more)
        }
    }

    @Test("A table, a list of captions and a file of flags train to the same weights")
    func forms() throws {
        let pictures = try Pictures()
        let colors = [
            "--color_jitter", "0.4", "0.4", "0.4", "0.1", "--color_jitter_prob", "0.8",
            "--grayscale", "0.2", "--flip",
        ]
        let folder = pictures.run.folder.file("shapes/images")
        let relative = pictures.rows.map { ($0.path.dropFirst(folder.count + 1), $0.caption) }
        let table = try pictures.write(
            "picture;text\n" + relative.map { "\($0);\"\($1)\"\n" }.joined(), to: "t.csv")
        let tableFlags = [
            "--data_root", folder, "--csv_img_key", "picture", "--csv_caption_key", "text",
            "--csv_separator", ";",
        ]
        let list = try pictures.write(
            pictures.rows.map { "{\"image\": \"\($0.path)\", \"caption\": \"\($0.caption)\"}\n" }
                .joined(), to: "t.jsonl")
        let first = try EvaclipProcess.run(
            pictures.flags("a", task: table, tableFlags + colors))
        #expect(first.code == 0, "\(first.errors)")
        #expect(first.errors.contains("t.csv: 12 rows"), "\(first.errors)")
        let printed = try EvaclipProcess.run(
            pictures.flags("b", task: list, colors + ["--print_config"]))
        let file = try pictures.write(printed.output, to: "run.yaml")
        let second = try EvaclipProcess.run(["train", "--run_config", file])
        #expect(second.code == 0, "\(second.errors)")
        #expect(second.errors.contains("t.jsonl: 12 captions"), "\(second.errors)")
        let weights = "/open_clip_model.safetensors"
        #expect(try pictures.run.bytes("a" + weights) == pictures.run.bytes("b" + weights))
        let plain = try EvaclipProcess.run(pictures.flags("c", task: list))
        #expect(plain.code == 0, "\(plain.errors)")
        #expect(try pictures.run.bytes("a" + weights) != pictures.run.bytes("c" + weights))
    }

    @Test("Rows and pictures that cannot be read are listed, and the rest is trained on")
    func faultyRows() throws {
        let pictures = try Pictures()
        var lines = pictures.rows.map { "\($0.path)\t\($0.caption)" }
        lines[3] = "no columns"
        lines[7] = pictures.run.folder.file("absent.png") + "\tan absent picture"
        let table = try pictures.write(
            "filepath\ttitle\n" + lines.joined(separator: "\n"), to: "t.tsv")
        let outcome = try EvaclipProcess.run(
            pictures.flags("out", task: table, ["--max_bad_samples", "2", "--max_steps", "3"]))
        #expect(outcome.code == 0, "\(outcome.errors)")
        let listed = pictures.run.lines("out/bad_samples.jsonl").joined(separator: "\n")
        #expect(listed.contains("t.tsv, line 5: expected 2 fields as in the header, got 1"))
        #expect(listed.contains("absent.png"))
        try EvaclipProcess.expectFailure(
            pictures.flags("none", task: table, ["--csv_caption_key", "text"]), code: 1,
            words: ["t.tsv: has no column 'text'", "--csv_caption_key"])
        try EvaclipProcess.expectFailure(
            pictures.flags("none", task: "words.xlsx"), code: 1,
            words: ["--task_name words.xlsx", "FILE.csv"])
    }
}
