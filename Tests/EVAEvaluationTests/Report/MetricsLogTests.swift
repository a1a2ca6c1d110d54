import EVAConfiguration
import EVAEvaluation
import Foundation
import Testing

@Suite struct MetricsLogTests {
    private static func log(_ text: String) throws -> MetricsLog {
        let path = NSTemporaryDirectory() + "metrics-\(UUID()).jsonl"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try MetricsLog(path: path, name: "run")
    }

    @Test("Numbers come back by name; an unfinished last line is passed over")
    func reading() throws {
        let log = try Self.log(
            """
            {"step": 1, "loss": 4.5, "note": "x"}
            {"step": 2, "loss": null}
            {"step": 3, "loss": 4, "visual_lr": 1e-3}
            {"step": 4, "lo
            """)
        #expect(log.points("loss") == [[1, 4.5], [3, 4]])
        #expect(log.points("visual_lr") == [[3, 0.001]])
        #expect(log.points("other").isEmpty)
    }

    @Test("A faulty line in the middle is named")
    func faultyLine() {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.log("{\"step\": 1}\n{\"step\": \n{\"step\": 3}\n")
        }
        #expect(error?.description.contains("line 2: not valid JSON") == true)
        #expect(throws: EvaluationError.self) { try Self.log("[1]\n") }
    }

    @Test("Each kind of number that a run has makes a chart, the loss first")
    func charts() throws {
        let one = MetricsLog(name: "a", records: [["step": 1, "loss": 2, "text_lr": 1]])
        let two = MetricsLog(name: "b", records: [["step": 1, "loss": 3]])
        let charts = ReportContents.Chart.training([one, two])
        #expect(charts.map(\.title) == ["Loss", "Learning rate"])
        #expect(charts[0].series.map(\.name) == ["a", "b"])
        #expect(charts[1].series.map(\.name) == ["a, text"])
        #expect(ReportContents.Chart.training([one])[0].series.map(\.name) == ["loss"])
    }

    @Test("Settings are listed under their key paths")
    func settings() throws {
        let json = #"{"b": {"d": 1, "c": "x"}, "a": [1, "y"], "e": null, "f": {"g": 0.5}}"#
        let settings = try ReportContents.Setting.list(json: Data(json.utf8), source: "run.json")
        #expect(
            settings == [
                .init(name: "a", value: "1, y"), .init(name: "b.c", value: "x"),
                .init(name: "b.d", value: "1"), .init(name: "e", value: "none"),
                .init(name: "f.g", value: "0.5"),
            ])
    }
}
