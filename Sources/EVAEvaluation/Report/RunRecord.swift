internal import EVATensorFiles
internal import Foundation

/// Everything that a run wrote down in its folder, read back.
public struct RunRecord: Sendable {
    /// What the run is called in legends and tables.
    public let name: String
    /// The figures of training.
    public let training: MetricsLog
    /// The figures of evaluations on the way; empty where there were none.
    public let evaluations: MetricsLog
    /// The evaluation of the folder's weights by `eval`; nil where there was none.
    public let results: EvaluationResults?
    /// What the run was started with, by key path.
    public let settings: [ReportContents.Setting]

    /// Reads a run's folder.
    ///
    /// - Parameters:
    ///   - folder: What `train` was given as its output folder.
    ///   - name: What the run is called.
    /// - Throws: An error that names the file that is missing or at fault.
    public init(folder: String, name: String) throws {
        func existing(_ file: String) -> String? {
            let path = folder + "/" + file
            return FileManager.default.fileExists(atPath: path) ? path : nil
        }
        guard let metrics = existing("metrics.jsonl") else {
            throw EvaluationError(
                "\(folder): no metrics.jsonl; expected a folder that train wrote")
        }
        self.name = name
        training = try MetricsLog(path: metrics, name: name)
        evaluations =
            try existing("eval.jsonl").map { try MetricsLog(path: $0, name: name) }
            ?? MetricsLog(name: name, records: [])
        results = try existing("eval.json").map { path in
            do {
                return try JSONDecoder().decode(
                    EvaluationResults.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
            } catch {
                throw EvaluationError(
                    "\(path): is not what eval writes; remove it or evaluate anew")
            }
        }
        settings =
            try existing("run.json").map { path in
                try ReportContents.Setting.list(
                    json: MappedFile(path: path).withUnsafeBytes { Data($0) }, source: path)
            } ?? []
    }

    /// Names for runs by their folders: the last part, and more of the path where that is the same.
    ///
    /// - Parameter folders: The folders.
    /// - Returns: A name for each, all different where the folders are.
    public static func names(of folders: [String]) -> [String] {
        let paths = folders.map {
            URL(fileURLWithPath: $0).standardizedFileURL.pathComponents.filter { $0 != "/" }
        }
        return paths.map { path in
            let length = (1...max(1, path.count)).first { length in
                paths.count { $0.suffix(length) == path.suffix(length) } == 1
            }
            return path.suffix(length ?? path.count).joined(separator: "/")
        }
    }

    /// The value of a setting.
    func setting(_ name: String) -> String? { settings.first { $0.name == name }?.value }
}
