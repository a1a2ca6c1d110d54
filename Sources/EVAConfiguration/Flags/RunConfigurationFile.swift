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

    /// What a backslash and a letter stand for in a text between double quotes.
    static let escapes: [(letter: Character, character: Character)] = [
        ("\"", "\""), ("\\", "\\"), ("n", "\n"), ("r", "\r"), ("t", "\t"),
    ]

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
                let word = unquoted(text.dropFirst(2), number: number)
                openList?.words.append(word)
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
                assign(
                    items.map { unquoted($0, number: number) }, to: definition, number: number)
            } else if value != "null", value != "~" {
                assign([unquoted(value, number: number)], to: definition, number: number)
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
            var isEscaped = false
            for index in line.indices {
                let character = line[index]
                if isEscaped {
                    isEscaped = false
                } else if quote == "\"", character == "\\" {
                    isEscaped = true
                } else if character == quote {
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

        /// A text without its quotes; as in YAML, those in double quotes have escapes, and in
        /// single quotes two stand for one.
        private mutating func unquoted(_ text: Substring, number: Int) -> String {
            let text = text.trimmed
            guard text.count >= 2, let quote = text.first, text.last == quote else {
                return String(text)
            }
            let inside = text.dropFirst().dropLast()
            if quote == "'" { return String(inside).replacing("''", with: "'") }
            return quote == "\"" ? unescaped(inside, number: number) : String(text)
        }

        private mutating func unescaped(_ text: Substring, number: Int) -> String {
            var result = ""
            var rest = text
            while let character = rest.popFirst() {
                guard character == "\\" else {
                    result.append(character)
                    continue
                }
                let letter = rest.popFirst()
                if let escape = RunConfigurationFile.escapes.first(where: { $0.letter == letter }) {
                    result.append(escape.character)
                } else {
                    report(
                        number,
                        "\\\(letter.map(String.init) ?? "") means nothing between double quotes; "
                            + "write \\\\ for a backslash, or use single quotes")
                }
            }
            return result
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
