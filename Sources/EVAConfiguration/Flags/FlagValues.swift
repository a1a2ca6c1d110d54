/// The flags of one command, from the command line and from a run configuration file.
package struct FlagValues: Sendable, Equatable {
    /// The verb that takes them.
    package let verb: FlagVerb

    private var given: [String: FlagValue] = [:]

    package init(verb: FlagVerb) { self.verb = verb }

    /// Sets a flag; the last value given counts, but where lists add up.
    mutating func set(_ definition: FlagDefinition, to value: FlagValue) {
        if definition.isRepeatable, case .list(let more) = value,
            case .list(let before)? = given[definition.name]
        {
            given[definition.name] = .list(before + more)
        } else {
            given[definition.name] = value
        }
    }

    /// These flags, and those of `file` that are not among them.
    package func over(_ file: FlagValues) -> FlagValues {
        var merged = self
        merged.given.merge(file.given) { flag, _ in flag }
        return merged
    }

    /// Whether the user gave the flag.
    package func isGiven(_ name: String) -> Bool { given[Self.definition(name).name] != nil }

    /// Whether the flag was given a value other than its default.
    func isChanged(_ name: String) -> Bool {
        given[name].map { $0 != Self.definition(name).defaultValue } ?? false
    }

    /// The names of all flags that the user gave, sorted.
    package var givenNames: [String] { given.keys.sorted() }

    /// A line for every flag that was given and does nothing under this verb, whatever the others say.
    package var warnings: [String] {
        givenNames.compactMap { name in
            Self.definition(name).reasonForNoEffect(in: verb).map {
                "--\(name) has no effect: \($0)"
            }
        }
    }

    // MARK: Values, given or by default

    package subscript(name: String) -> FlagValue? {
        let definition = Self.definition(name)
        return given[definition.name] ?? definition.defaultValue
    }

    package func bool(_ name: String) -> Bool {
        guard case .bool(let value)? = self[name] else { Self.misuse(name, "a boolean") }
        return value
    }

    package func integer(_ name: String) -> Int {
        guard let value = optionalInteger(name) else { Self.misuse(name, "an integer") }
        return value
    }

    package func optionalInteger(_ name: String) -> Int? {
        switch self[name] {
        case .integer(let value): value
        case nil: nil
        default: Self.misuse(name, "an integer")
        }
    }

    package func number(_ name: String) -> Double {
        guard let value = optionalNumber(name) else { Self.misuse(name, "a number") }
        return value
    }

    package func optionalNumber(_ name: String) -> Double? {
        switch self[name] {
        case .number(let value): value
        case nil: nil
        default: Self.misuse(name, "a number")
        }
    }

    /// A text; nil for none and for an empty one.
    package func text(_ name: String) -> String? {
        switch self[name] {
        case .string(let value): value.isEmpty ? nil : value
        case nil: nil
        default: Self.misuse(name, "a text")
        }
    }

    /// The list; empty for none.
    package func list(_ name: String) -> [String] {
        switch self[name] {
        case .list(let values): values
        case nil: []
        default: Self.misuse(name, "a list")
        }
    }

    private static func definition(_ name: String) -> FlagDefinition {
        guard let definition = FlagTable.byName[name] else { misuse(name, "known") }
        return definition
    }

    private static func misuse(_ name: String, _ expected: String) -> Never {
        fatalError("the flag --\(name) is used as \(expected), which its definition does not say")
    }
}
