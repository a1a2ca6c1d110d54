internal import EVAConfiguration
internal import Foundation

/// The flags of `train` and `eval`: the command line over a file of flags.
enum FlagInput {
    /// - Returns: nil where only help was asked for, which is printed.
    static func read(_ arguments: [String], verb: FlagVerb) throws -> FlagValues? {
        guard !arguments.contains("--help"), !arguments.contains("-h") else {
            print(help(verb))
            return nil
        }
        var flags = try FlagParser.parse(arguments, verb: verb)
        if let path = flags.text("run_config") {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ConfigurationError(source: path, message: "no such file, or unreadable")
            }
            guard let text = String(validating: data, as: UTF8.self) else {
                throw ConfigurationError(
                    source: path, message: "is not UTF-8 text; save it as UTF-8")
            }
            flags = flags.over(try RunConfigurationFile.parse(text, source: path, verb: verb))
        }
        return flags
    }

    private static func help(_ verb: FlagVerb) -> String {
        let lines = FlagTable.definitions(for: verb).map { definition in
            let value = definition.defaultValue.map { " (default \($0))" } ?? ""
            return "  --\(definition.name)\(value)\n      \(definition.fullHelp)"
        }
        return "USAGE: evaclip \(verb.rawValue) [--flag value ...]\n\n"
            + lines.joined(separator: "\n")
    }
}
