internal import Yams

/// A YAML file of flags, for `--run_config`.
///
/// One mapping of names to values: a scalar, or a list of scalars for a flag that takes several
/// words. A scalar is read as the same word on the command line would be, whatever YAML would make
/// of it; a plain `null`, `~` or nothing leaves the flag alone.
package enum RunConfigurationFile {
    /// What no file of flags needs, and what keeps one from taking memory or time without bound.
    private static let sizeLimit = 1 << 20

    /// Aliases that a file may use: few enough that what they unfold to stays small.
    private static let aliasLimit = 32

    /// Reads a file's flags.
    ///
    /// - Parameters:
    ///   - text: The file's text.
    ///   - source: Its path, for the error text.
    ///   - verb: The verb that takes the flags.
    /// - Returns: The flags, to be put under those of the command line with `FlagValues.over(_:)`.
    /// - Throws: `ConfigurationError` with the line of every problem.
    package static func parse(
        _ text: String, source: String, verb: FlagVerb
    ) throws(ConfigurationError) -> FlagValues {
        if let problem = excess(of: text) {
            throw ConfigurationError(source: source, message: problem)
        }
        let root: Node?
        do {
            // The mark that some editors begin a file with is no part of it.
            let text =
                text.unicodeScalars.first == "\u{FEFF}"
                ? String(text.unicodeScalars.dropFirst()) : text
            root = try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch {
            throw ConfigurationError(source: source, problems: [problem(error)])
        }
        var reader = Reader(verb: verb)
        if let root { reader.read(root) }
        guard reader.problems.isEmpty else {
            throw ConfigurationError(source: source, problems: reader.problems)
        }
        return reader.values
    }

    /// Why a text is not even parsed.
    private static func excess(of text: String) -> String? {
        guard text.utf8.count <= sizeLimit else {
            return "is larger than the \(sizeLimit) bytes that a file of flags may have"
        }
        // The parser hashes keys as they are unfolded, before anything can be asked about them.
        var previous: UInt8 = UInt8(ascii: " ")
        var aliases = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "*"), " \t\r\n,:-?[{".utf8.contains(previous) { aliases += 1 }
            previous = byte
        }
        return aliases <= aliasLimit
            ? nil : "has \(aliases) aliases (*name), more than the \(aliasLimit) that are taken"
    }

    /// What the parser complains of.
    private static func problem(_ error: any Error) -> ConfigurationProblem {
        func at(_ line: Int?, _ message: String) -> ConfigurationProblem {
            ConfigurationProblem(
                keyPath: line.map { "line \($0)" } ?? "",
                message: "not valid YAML: \(message.replacing("\n", with: " "))")
        }
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return at(mark.line, (context.map { $0.text + ": " } ?? "") + problem)
        case .duplicatedKeysInMapping(let keys, let context):
            return at(context.mark.line, "\(keys.joined(separator: ", ")) is given twice")
        case .reader(let problem, let offset, _, let yaml):
            let line = offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }
            return at(line, problem)
        default: return at(nil, "\(error)")
        }
    }

    private struct Reader {
        let verb: FlagVerb
        var values: FlagValues
        var problems: [ConfigurationProblem] = []
        private var seen: Set<String> = []

        init(verb: FlagVerb) {
            self.verb = verb
            values = FlagValues(verb: verb)
        }

        mutating func read(_ root: Node) {
            guard case .mapping(let mapping) = root else {
                guard !Self.isNull(root) else { return }
                return report(root, "expected lines of the form name: value")
            }
            for (key, value) in mapping { read(key, value) }
        }

        private mutating func read(_ key: Node, _ value: Node) {
            guard case .scalar(let scalar) = key else {
                return report(key, "expected the name of a flag")
            }
            let name = scalar.string.replacing("-", with: "_")
            guard let definition = FlagTable.find(name, verb: verb) else {
                let hint = NearestName.hint(name, in: FlagTable.names(verb: verb))
                return report(key, "unknown flag \(name)\(hint)")
            }
            guard seen.insert(definition.name).inserted else {
                return report(key, "\(definition.name) is given twice")
            }
            guard !Self.isNull(value) else { return }
            guard let words = words(of: value, for: definition) else { return }
            if let value = definition.value(of: words) {
                values.set(definition, to: value)
            } else {
                report(key, "\(definition.name): \(definition.complaint(about: words))")
            }
        }

        private mutating func words(of value: Node, for definition: FlagDefinition) -> [String]? {
            switch value {
            case .scalar(let scalar): return [scalar.string]
            case .sequence(let items):
                let words = items.compactMap(\.scalar?.string)
                if words.count == items.count { return words }
            case .mapping, .alias: break
            }
            report(value, "\(definition.name): nested values are not taken")
            return nil
        }

        /// Whether a node is a null, which a text in quotes never is.
        private static func isNull(_ node: Node) -> Bool {
            guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
            return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
        }

        private mutating func report(_ node: Node, _ message: String) {
            let line = node.mark.map { "line \($0.line)" } ?? ""
            problems.append(ConfigurationProblem(keyPath: line, message: message))
        }
    }
}
