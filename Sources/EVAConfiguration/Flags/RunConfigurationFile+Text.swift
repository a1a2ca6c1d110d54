extension RunConfigurationFile {
    /// A file that gives every flag the value it has here, given or by default.
    ///
    /// Flags without effect, and those that ask for this text or for another file, are left out.
    ///
    /// - Parameter values: The flags of a command.
    package static func text(of values: FlagValues) -> String {
        var lines = ["# Flags of evaclip \(values.verb.rawValue), for --run_config."]
        for (subject, flags) in FlagTable.sections {
            let written = flags.filter { writes($0, verb: values.verb) }.flatMap { flag in
                values[flag.name].map { self.lines(flag.name, $0) } ?? []
            }
            if !written.isEmpty { lines += ["", "# \(subject)"] + written }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func writes(_ flag: FlagDefinition, verb: FlagVerb) -> Bool {
        flag.scope.accepts(verb) && flag.reasonForNoEffect(in: verb) == nil
            && !["run_config", "print_config"].contains(flag.name)
    }

    private static func lines(_ name: String, _ value: FlagValue) -> [String] {
        switch value {
        case .bool, .integer, .number: ["\(name): \(value)"]
        case .string(let text): ["\(name): \(quoted(text))"]
        case .list(let items): ["\(name):"] + items.map { "  - \(quoted($0))" }
        }
    }

    /// A text between double quotes, with escapes for what YAML does not take as it is.
    private static func quoted(_ text: String) -> String {
        "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case " "..."~", "\u{A1}"..."\u{2027}", "\u{202A}"..."\u{D7FF}", "\u{E000}"..."\u{FEFE}",
            "\u{FF00}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
            String(scalar)
        default: "\\U" + padded(String(scalar.value, radix: 16))
        }
    }

    private static func padded(_ digits: String) -> String {
        String(repeating: "0", count: 8 - digits.count) + digits
    }
}
