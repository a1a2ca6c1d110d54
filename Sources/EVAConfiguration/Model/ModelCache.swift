internal import Foundation

/// The folder where weights are kept that were downloaded once.
public struct ModelCache: Sendable, Equatable {
    /// The folder itself: `EVACLIP_HOME`, else `evaclip` below `XDG_CACHE_HOME` or `~/.cache`.
    public let root: String

    /// Finds the folder.
    ///
    /// - Parameter environment: The environment variables.
    public init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        root =
            value("EVACLIP_HOME").map { ($0 as NSString).expandingTildeInPath }
            ?? (value("XDG_CACHE_HOME") ?? (value("HOME") ?? "") + "/.cache") + "/evaclip"
    }

    /// The folder that holds a folder for each model.
    public var models: String { root + "/models" }

    /// Where a model lies once it is downloaded.
    ///
    /// - Parameter preset: A model.
    /// - Returns: A path, existing or not; what exists there is whole.
    public func folder(of preset: ModelPreset) -> String { models + "/" + preset.name }

    /// The folder of a model that is here.
    ///
    /// - Parameter preset: A model.
    /// - Returns: A path; nil for a model that was not downloaded.
    public func existingFolder(of preset: ModelPreset) -> String? {
        let path = folder(of: preset)
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            && isFolder.boolValue ? path : nil
    }
}
