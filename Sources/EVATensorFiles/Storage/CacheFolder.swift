/// The folder for what can be made or fetched again.
package enum CacheFolder {
    /// `$EVACLIP_HOME`, else `evaclip` in `$XDG_CACHE_HOME`, else in `~/.cache`.
    ///
    /// - Parameter environment: The environment variables.
    /// - Returns: A path, existing or not; nil where the environment names no place.
    package static func path(environment: [String: String]) -> String? {
        func variable(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        return variable("EVACLIP_HOME") ?? variable("XDG_CACHE_HOME").map { $0 + "/evaclip" }
            ?? variable("HOME").map { $0 + "/.cache/evaclip" }
    }
}
