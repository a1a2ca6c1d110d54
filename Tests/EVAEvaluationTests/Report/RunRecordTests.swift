import EVAEvaluation
import Foundation
import Testing

@Suite("A page of several runs")
struct RunRecordTests {
    private let root = NSTemporaryDirectory() + "/runs-" + UUID().uuidString

    private func write(_ text: String, to name: String) throws {
        let url = URL(fileURLWithPath: root + "/" + name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private func record(_ name: String) throws -> RunRecord {
        try RunRecord(folder: root + "/" + name, name: name)
    }

    private func makeRuns() throws {
        try write(
            """
            {"step": 1, "loss": 4, "samples_per_second": 10, "step_seconds": 2, "data_seconds": 1}
            {"step": 2, "loss": 3, "samples_per_second": 30, "step_seconds": 2, "data_seconds": 0}

            """, to: "a/metrics.jsonl")
        try write(
            """
            {"step": 1, "top1": 20.5, "top5": 50, "images": 9}
            {"step": 2, "top1": 10, "top5": 60, "image_retrieval_recall@1": 0.25}

            """, to: "a/eval.jsonl")
        try write(#"{"configuration": {"seed": 1, "rate": 0.5}}"#, to: "a/run.json")
        try write("{\"step\": 1, \"loss\": 5}\n", to: "b/metrics.jsonl")
        try write(#"{"configuration": {"seed": 2, "rate": 0.5}}"#, to: "b/run.json")
    }

    @Test("Runs are laid over each other, and their differences told")
    func comparison() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        try makeRuns()
        let contents = ReportContents([try record("a"), try record("b")])
        #expect(contents.title == "2 runs")
        #expect(contents.charts.first?.series.map(\.name) == ["a", "b"])
        #expect(contents.charts.first?.series.map(\.color) == [0, 1])
        let accuracy = try #require(contents.charts.first { $0.title.contains("accuracy") })
        #expect(accuracy.series.map(\.name) == ["a, top-1", "a, top-5"])
        #expect(accuracy.series.map(\.dash) == [0, 1])
        #expect(
            contents.tables.map(\.title) == ["Runs", "Evaluations", "What was set differently"])
        #expect(
            contents.tables[0].rows == [
                ["a", "2", "3.0000", "20.50", "30.0", "2.000", "25.0"],
                ["b", "1", "5.0000", "", "", "", ""],
            ])
        #expect(contents.tables[1].columns == ["run", "step", "top-1", "top-5", "image at 1"])
        #expect(
            contents.tables[1].rows == [
                ["a", "1", "20.50", "50.00", ""], ["a", "2", "10.00", "60.00", "0.25"],
            ])
        #expect(contents.tables[2].rows == [["configuration.seed", "1", "2"]])
        #expect(contents.settings == [.init(name: "configuration.rate", value: "0.5")])
        let page = try StrictPage(RunReport(contents).html())
        #expect(page.names["table"] == 3)
    }

    @Test("One run has its figures at the top and all of its settings")
    func one() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        try makeRuns()
        let contents = ReportContents([try record("a")])
        #expect(contents.title == "a")
        #expect(
            contents.figures.map(\.value) == ["3.000", "20.50 %", "30.0", "25.0 %"])
        #expect(contents.tables.map(\.title) == ["Evaluations"])
        #expect(contents.settings.count == 2)
        _ = try StrictPage(RunReport(contents).html())
    }

    @Test("A folder that no run wrote, or a damaged file, is told by its path")
    func faults() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        try write("", to: "empty/x")
        let missing = #expect(throws: EvaluationError.self) { try record("empty") }
        #expect(missing?.description.contains("no metrics.jsonl") == true)
        try write("{\"step\": 1}\n", to: "bad/metrics.jsonl")
        try write("[]", to: "bad/eval.json")
        let damaged = #expect(throws: EvaluationError.self) { try record("bad") }
        #expect(damaged?.description.contains("eval.json") == true)
    }

    @Test("Runs are called by as much of their path as tells them apart")
    func names() {
        #expect(RunRecord.names(of: ["/x/a", "/x/b/"]) == ["a", "b"])
        #expect(RunRecord.names(of: ["/x/one/out", "/x/two/out"]) == ["one/out", "two/out"])
        #expect(RunRecord.names(of: ["/x/a", "/x/a"]).count == 2)
    }
}
