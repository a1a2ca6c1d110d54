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

    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            escapes.first { $0.character == Character(scalar) }.map { "\\\($0.letter)" }
                ?? String(scalar)
        }
        return "\"" + escaped.joined() + "\""
    }
}
