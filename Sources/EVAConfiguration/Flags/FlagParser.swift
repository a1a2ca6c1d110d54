/// Reads the flags of a command line.
///
/// The rules are the original's: `--name value`, `--name=value`, bare booleans, `--no_name` for a boolean
/// that is true by default, unique prefixes of names, lists of one or more values, and the last of several
/// values for one flag counts. Dashes and underscores in names are the same.
package struct FlagParser {
    private let verb: FlagVerb
    private var values: FlagValues
    private var problems: [String] = []

    /// Reads the arguments that follow a verb.
    ///
    /// - Parameters:
    ///   - arguments: The arguments, without the verb.
    ///   - verb: The verb.
    /// - Returns: The flags that were given.
    /// - Throws: `UsageError` with every problem found.
    package static func parse(_ arguments: [String], verb: FlagVerb) throws(UsageError)
        -> FlagValues
    {
        var parser = FlagParser(verb: verb)
        if let problem = strayBackslash(in: arguments) { throw UsageError(problem) }
        var rest = arguments[...]
        while let argument = rest.popFirst() { parser.take(argument, &rest) }
        guard parser.problems.isEmpty else { throw UsageError(parser.problems) }
        return parser.values
    }

    private init(verb: FlagVerb) {
        self.verb = verb
        values = FlagValues(verb: verb)
    }

    private static func strayBackslash(in arguments: [String]) -> String? {
        let stray = arguments.firstIndex {
            !$0.isEmpty && $0.allSatisfy { $0.isWhitespace || $0 == "\\" }
        }
        guard let stray else { return nil }
        let place = stray == 0 ? "at the start" : "after \"\(arguments[stray - 1])\""
        return
            "an argument \(place) is only a space or a backslash: a line of the command probably ends "
            + "in a backslash followed by a space; nothing may follow the backslash"
    }

    private mutating func take(_ argument: String, _ rest: inout ArraySlice<String>) {
        guard argument.hasPrefix("--"), argument != "--" else {
            let hint = argument.hasPrefix("-") ? "; flags start with two dashes" : ""
            problems.append("unexpected argument \"\(argument)\"\(hint)")
            return
        }
        let parts = argument.dropFirst(2).split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0]).replacing("-", with: "_")
        let attached = parts.count == 2 ? String(parts[1]) : nil
        if let definition = negated(name) {
            negate(definition, attached: attached)
            return
        }
        guard let definition = find(name) else {
            // Its values are no problem of their own.
            rest = rest.drop { !$0.hasPrefix("--") }
            return
        }
        var words: [String]
        if let attached {
            words = [attached]
        } else {
            words = Self.words(for: definition.type, &rest)
            if definition.type == .bool, words.isEmpty { words = ["true"] }
        }
        assign(words, to: definition)
    }

    /// The words after a flag that belong to it.
    ///
    /// A word that starts with one dash, such as `-1`, is a value.
    private static func words(
        for type: FlagType, _ rest: inout ArraySlice<String>
    ) -> [String] {
        var words: [String] = []
        while let word = rest.first, !word.hasPrefix("--"), type == .list || words.isEmpty {
            words.append(word)
            rest = rest.dropFirst()
        }
        return words
    }

    private mutating func assign(_ words: [String], to definition: FlagDefinition) {
        if let value = definition.value(of: words) {
            values.set(definition, to: value)
            return
        }
        problems.append("--\(definition.name): \(definition.complaint(about: words))")
    }

    // MARK: Names

    /// The boolean, true by default, that `--no_name` switches off.
    private func negated(_ name: String) -> FlagDefinition? {
        guard name.hasPrefix("no_"), FlagTable.find(name, verb: verb) == nil,
            let definition = FlagTable.find(String(name.dropFirst(3)), verb: verb),
            definition.type == .bool, definition.defaultValue == .bool(true)
        else { return nil }
        return definition
    }

    private mutating func negate(_ definition: FlagDefinition, attached: String?) {
        guard attached == nil else {
            problems.append("--no_\(definition.name) takes no value")
            return
        }
        values.set(definition, to: .bool(false))
    }

    /// The flag of an exact name or a unique prefix; reports a problem if there is none.
    private mutating func find(_ name: String) -> FlagDefinition? {
        if let definition = FlagTable.find(name, verb: verb) { return definition }
        let matches = FlagTable.matching(prefix: name, verb: verb)
        if matches.count == 1 { return matches[0] }
        if matches.isEmpty || name.isEmpty {
            let other = FlagTable.byName[name].map { _ in "; it is no flag of \(verb.rawValue)" }
            problems.append(
                "unknown flag --\(name)"
                    + (other ?? NearestName.hint(name, in: FlagTable.names(verb: verb))))
        } else {
            let names = matches.map { "--" + $0.name }.joined(separator: ", ")
            problems.append("--\(name) could be any of \(names)")
        }
        return nil
    }
}
