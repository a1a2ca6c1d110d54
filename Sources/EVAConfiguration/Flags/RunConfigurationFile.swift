/// A YAML file of flags, for `--run_config`.
///
/// Of YAML it takes what a list of flags needs: one `name: value` a line, `#` comments, quoted texts, and
/// lists as `[a, b]` or as lines of `- a` under their name. Nesting is refused.
package enum RunConfigurationFile {
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
        var reader = Reader(verb: verb)
        for (index, line) in text.split(separator: /\r?\n/, omittingEmptySubsequences: false)
            .enumerated()
        {
            reader.read(line, number: index + 1)
        }
        reader.assignList()
        guard reader.problems.isEmpty else {
            throw ConfigurationError(source: source, problems: reader.problems)
        }
        return reader.values
    }

    private struct Reader {
        let verb: FlagVerb
        var values: FlagValues
        var problems: [ConfigurationProblem] = []
        private var seen: Set<String> = []
        private var openList: (definition: FlagDefinition, line: Int, words: [String])?

        init(verb: FlagVerb) {
            self.verb = verb
            values = FlagValues(verb: verb)
        }

        mutating func read(_ line: Substring, number: Int) {
            let text = Self.withoutComment(line).trimmed
            if text.isEmpty || text == "---" { return }
            if text.hasPrefix("- ") {
                guard openList != nil else { return report(number, "an item outside of a list") }
                openList?.words.append(Self.unquoted(text.dropFirst(2)))
                return
            }
            assignList()
            guard line.first?.isWhitespace != true, let colon = text.firstIndex(of: ":") else {
                return report(number, "expected a line of the form name: value")
            }
            let name = String(text[..<colon].trimmed).replacing("-", with: "_")
            guard let definition = FlagTable.find(name, verb: verb) else {
                let hint = NearestName.hint(name, in: FlagTable.names(verb: verb))
                return report(number, "unknown flag \(name)\(hint)")
            }
            guard seen.insert(definition.name).inserted else {
                return report(number, "\(definition.name) is given twice")
            }
            read(text[text.index(after: colon)...].trimmed, of: definition, number: number)
        }

        private mutating func read(
            _ value: Substring, of definition: FlagDefinition, number: Int
        ) {
            if value.isEmpty {
                openList = (definition, number, [])
            } else if value.hasPrefix("["), value.hasSuffix("]") {
                let items = value.dropFirst().dropLast().split(separator: ",")
                assign(items.map { Self.unquoted($0) }, to: definition, number: number)
            } else if value != "null", value != "~" {
                assign([Self.unquoted(value)], to: definition, number: number)
            }
        }

        /// Gives a list that was written line by line to its flag.
        mutating func assignList() {
            guard let list = openList else { return }
            openList = nil
            assign(list.words, to: list.definition, number: list.line)
        }

        private mutating func assign(
            _ words: [String], to definition: FlagDefinition, number: Int
        ) {
            if let value = definition.type.value(of: words) {
                values.set(definition, to: value)
                return
            }
            let found = words.isEmpty ? "nothing" : "\"\(words.joined(separator: ", "))\""
            report(
                number, "\(definition.name): expected \(definition.type.expectation), got \(found)")
        }

        private mutating func report(_ line: Int, _ message: String) {
            problems.append(ConfigurationProblem(keyPath: "line \(line)", message: message))
        }

        private static func withoutComment(_ line: Substring) -> Substring {
            var quote: Character?
            var previous: Character = " "
            for index in line.indices {
                let character = line[index]
                if character == quote {
                    quote = nil
                } else if quote == nil, character == "\"" || character == "'" {
                    quote = character
                } else if quote == nil, character == "#", previous.isWhitespace {
                    return line[..<index]
                }
                previous = character
            }
            return line
        }

        private static func unquoted(_ text: Substring) -> String {
            let text = text.trimmed
            for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) {
                if text.hasSuffix(quote) { return String(text.dropFirst().dropLast()) }
            }
            return String(text)
        }
    }
}

extension Substring {
    /// The text without white space at its ends.
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
