internal import EVAConfiguration
internal import Foundation

/// The folders in which this program and others keep models that were downloaded by name.
enum ModelCaches {
    /// Environment variables, those that are set but empty left out.
    struct Variables {
        private let values: [String: String]

        init(_ environment: [String: String]) {
            values = environment.filter { !$0.value.isEmpty }
        }

        /// The value, `~` expanded.
        subscript(name: String) -> String? {
            values[name].map { ($0 as NSString).expandingTildeInPath }
        }

        var home: String { self["HOME"] ?? NSHomeDirectory() }

        /// Where programs keep what they can get again.
        var cacheFolder: String { self["XDG_CACHE_HOME"] ?? home + "/.cache" }
    }

    /// The folder of a model that one of the caches holds.
    ///
    /// - Parameters:
    ///   - name: a name as written: a preset's, `ORG/NAME` or `hf-hub:ORG/NAME`.
    ///   - preset: the preset of that name.
    static func folder(of name: String, preset: ModelPreset?, environment: [String: String])
        -> String?
    {
        let prefix = "hf-hub:"
        if name.hasPrefix(prefix) {
            return HubCache.folder(
                of: String(name.dropFirst(prefix.count)), environment: environment)
        }
        let variables = Variables(environment)
        let cache = ModelCache(environment: environment)
        var candidates = [preset.flatMap(cache.existingFolder)].compactMap { $0 }
        let paddle = [
            variables["PPMIX_HOME"] ?? variables.home + "/.paddlemix",
            variables["PPNLP_HOME"] ?? variables.home + "/.paddlenlp",
        ]
        let names = preset.map { [$0.paddleMIXName, $0.name].compactMap { $0 } } ?? [name]
        // A name must not lead out of the caches.
        for cache in paddle {
            candidates += names.filter { !$0.split(separator: "/").contains("..") }
                .map { "\(cache)/models/\($0)" }
        }
        return candidates.first { path in
            (try? ModelFolder(path: path))?.weightsPath != nil
        } ?? HubCache.folder(of: name, environment: environment)
    }
}
