internal import Foundation

/// The layout in which Hugging Face's programs keep what they download:
/// `models--ORG--NAME/{refs/main,snapshots/HASH}`.
enum HubCache {
    /// The snapshot that a model's folder in a cache points to.
    ///
    /// - Returns: nil for a folder of another layout.
    /// - Throws: `WeightsError` when the layout is that of the cache but no snapshot is there.
    static func snapshot(in folder: String) throws(WeightsError) -> String? {
        let snapshots = folder + "/snapshots"
        guard isFolder(snapshots) else { return nil }
        if let revision = try? String(contentsOfFile: folder + "/refs/main", encoding: .utf8) {
            let name = revision.trimmingCharacters(in: .whitespacesAndNewlines)
            let path = snapshots + "/" + name
            guard !name.isEmpty, !name.contains("/"), isFolder(path) else {
                throw WeightsError(
                    "\(folder): refs/main names the snapshot '\(name)', which is not there; "
                        + "download the model again")
            }
            return path
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: snapshots)) ?? [])
            .filter { isFolder(snapshots + "/" + $0) }
        guard names.count == 1 else {
            throw WeightsError(
                "\(folder): has no refs/main and \(names.count) snapshots; name the folder of one")
        }
        return snapshots + "/" + names[0]
    }

    /// The folder of a repository, `ORG/NAME`, in the cache; nil where it was not downloaded.
    static func folder(of repository: String, environment: [String: String]) -> String? {
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            return nil
        }
        let path =
            root(environment) + "/models--" + parts.joined(separator: "--")
        return isFolder(path) ? path : nil
    }

    /// Where the cache lies, as `huggingface_hub` decides it.
    static func root(_ environment: [String: String]) -> String {
        let variables = ModelCaches.Variables(environment)
        if let hub = variables["HF_HUB_CACHE"] ?? variables["HUGGINGFACE_HUB_CACHE"] { return hub }
        if let home = variables["HF_HOME"] { return home + "/hub" }
        return variables.cacheFolder + "/huggingface/hub"
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            && isFolder.boolValue
    }
}
