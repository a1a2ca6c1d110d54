/// The spellings of flags that the commands accept besides their own.
///
/// The original's flags are written with underscores; here dashes and underscores mean the same.
enum ArgumentSpelling {
    /// Verbs that read their flags from the flag table, spellings included.
    private static let tableVerbs: Set<String> = ["train", "eval"]

    /// The arguments with dashes in the names of flags.
    static func normalized(_ arguments: [String]) -> [String] {
        guard let verb = arguments.first, !tableVerbs.contains(verb) else { return arguments }
        return arguments.map { argument in
            guard argument.hasPrefix("--"), argument.count > 2 else { return argument }
            let parts = argument.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].replacing("_", with: "-")
            return parts.count == 2 ? "\(name)=\(parts[1])" : String(name)
        }
    }
}
