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
        return kinds.compactMap { kind in
            let series = runs.flatMap { run in
                kind.keys.compactMap { key, name -> ReportContents.Chart.Series? in
                    let points = run.points(key)
                    guard !points.isEmpty else { return nil }
                    let labels = [
                        runs.count > 1 ? run.name : nil, kind.keys.count > 1 ? name : nil,
                    ]
                    .compactMap { $0 }
                    return .init(
                        name: labels.isEmpty ? name : labels.joined(separator: ", "),
                        points: points)
                }
            }
            return series.isEmpty ? nil : Self(title: kind.title, series: series)
        }
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
