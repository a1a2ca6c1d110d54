internal import EVAConfiguration
public import Foundation

extension ReportContents.Chart {
    /// The curves of training, several runs laid over each other.
    ///
    /// - Parameter runs: What each run wrote down.
    /// - Returns: A chart for each kind of number that at least one run has; the loss is first.
    public static func training(_ runs: [MetricsLog]) -> [ReportContents.Chart] {
        let kinds: [(title: String, keys: [(key: String, name: String)])] = [
            ("Loss", [("loss", "loss")]),
            (
                "Learning rate",
                [("learning_rate", "other"), ("visual_lr", "vision"), ("text_lr", "text")]
            ),
            ("Gradient norm", [("grad_norm", "norm before clipping")]),
            ("Logit scale", [("logit_scale", "scale")]),
            ("Samples per second", [("samples_per_second", "samples")]),
            (
                "Seconds a step",
                [("step_seconds", "whole step"), ("data_seconds", "waiting for data")]
            ),
        ]
        return kinds.compactMap { chart($0.title, $0.keys, of: runs) }
    }

    /// The curves of evaluations on the way, several runs laid over each other.
    ///
    /// - Parameter runs: What each run's evaluations found.
    /// - Returns: A chart for accuracy and one for retrieval, where at least one run has them.
    public static func evaluation(_ runs: [MetricsLog]) -> [ReportContents.Chart] {
        evaluationKeys(runs).compactMap { kind in
            chart(kind.title, kind.keys.map { ($0, evaluationName($0)) }, of: runs)
        }
    }

    /// The figures of evaluations that are worth a curve, by what they belong together for.
    static func evaluationKeys(_ runs: [MetricsLog]) -> [(title: String, keys: [String])] {
        let keys = Set(runs.flatMap(\.keys)).sorted()
        return [
            ("Zero-shot accuracy, %", keys.filter { $0.hasSuffix("top1") || $0.hasSuffix("top5") }),
            ("Retrieval: recall", keys.filter { $0.contains("recall@") }),
        ].filter { !$0.1.isEmpty }
    }

    /// What a figure of evaluations is called.
    static func evaluationName(_ key: String) -> String {
        key.replacing("_retrieval_recall@", with: " at ").replacing("_", with: " ")
            .replacing("top1", with: "top-1").replacing("top5", with: "top-5")
    }

    /// Curves of one kind; several runs have a colour each, several figures of theirs a dash each.
    private static func chart(
        _ title: String, _ keys: [(key: String, name: String)], of runs: [MetricsLog]
    ) -> ReportContents.Chart? {
        var series: [Series] = []
        for (place, run) in runs.enumerated() {
            for (index, (key, name)) in keys.enumerated() {
                let points = run.points(key)
                guard !points.isEmpty else { continue }
                let labels = [runs.count > 1 ? run.name : nil, keys.count > 1 ? name : nil]
                    .compactMap { $0 }
                var next = Series(
                    name: labels.isEmpty ? name : labels.joined(separator: ", "), points: points)
                next.color = runs.count > 1 ? place : index
                next.dash = runs.count > 1 ? index : 0
                series.append(next)
            }
        }
        return series.isEmpty ? nil : Self(title: title, series: series)
    }
}

extension ReportContents.Setting {
    /// The settings of a JSON document, such as `run.json`, under their key paths.
    ///
    /// - Parameters:
    ///   - json: The document.
    ///   - source: Where it came from, for the error text.
    /// - Returns: A setting for every value, sorted by name; lists are kept in one.
    /// - Throws: `ConfigurationError` when the document is not valid.
    public static func list(json: Data, source: String) throws -> [ReportContents.Setting] {
        list(try JSONParser.parse(json, source: source), path: "")
    }

    private static func list(_ value: JSONValue, path: String) -> [Self] {
        guard case .object(let members) = value else {
            return [Self(name: path, value: text(value))]
        }
        return members.keys.sorted().flatMap { key in
            list(members[key] ?? .null, path: path.isEmpty ? key : path + "." + key)
        }
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .null: "none"
        case .array(let values): values.map(text).joined(separator: ", ")
        default: value.encoded().trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}
