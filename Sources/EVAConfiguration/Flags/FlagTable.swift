/// Every flag that `train` and `eval` share with the original, and those added to it.
package enum FlagTable {
    /// All flags, by subject.
    package static let sections: [(subject: String, flags: [FlagDefinition])] = [
        ("Model", model), ("Data", data), ("Optimization", optimization), ("Loss", loss),
        ("Precision", precision), ("Logging", logging), ("Checkpoints", checkpoints),
        ("Evaluation", evaluation), ("Distribution", distribution), ("Run", run),
    ]

    /// All flags.
    package static let all: [FlagDefinition] = sections.flatMap(\.flags)

    /// The flags by their names and aliases.
    static let byName: [String: FlagDefinition] = {
        var table: [String: FlagDefinition] = [:]
        for definition in all {
            for name in [definition.name] + definition.aliases
            where table.updateValue(definition, forKey: name) != nil {
                fatalError("two flags are called --\(name)")
            }
        }
        return table
    }()

    /// The flags that a verb takes.
    package static func definitions(for verb: FlagVerb) -> [FlagDefinition] {
        all.filter { $0.scope.accepts(verb) }
    }

    static func find(_ name: String, verb: FlagVerb) -> FlagDefinition? {
        byName[name].flatMap { $0.scope.accepts(verb) ? $0 : nil }
    }

    static func names(verb: FlagVerb) -> [String] {
        definitions(for: verb).flatMap { [$0.name] + $0.aliases }.sorted()
    }

    static func matching(prefix: String, verb: FlagVerb) -> [FlagDefinition] {
        definitions(for: verb).filter { definition in
            ([definition.name] + definition.aliases).contains { $0.hasPrefix(prefix) }
        }
    }
}
