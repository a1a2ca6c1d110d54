/// The verbs whose flags are the original's.
package enum FlagVerb: String, Sendable, CaseIterable {
    case train
    case eval
}

/// Which verbs take a flag, and in which of them it can act.
package enum FlagScope: Sendable {
    case train
    case eval
    case both
    /// The original's evaluation takes all of its trainer's flags, most of which only training uses.
    case trainAcceptedByEval

    package func accepts(_ verb: FlagVerb) -> Bool {
        switch self {
        case .train: verb == .train
        case .eval: verb == .eval
        case .both, .trainAcceptedByEval: true
        }
    }
}

/// How a flag relates to the original's.
package enum FlagEffect: Sendable, Equatable {
    /// Works as in the original.
    case original
    /// Works, but not as in the original; the text says how.
    case differs(String)
    /// Is accepted and does nothing; the text says why.
    case noEffect(String)
    /// Does not exist in the original.
    case added
}

/// One flag of the command.
package struct FlagDefinition: Sendable {
    /// The name, with underscores; dashes are taken for them everywhere.
    package let name: String

    /// Other names, mostly open_clip's and rei's.
    package let aliases: [String]

    /// What it takes.
    package let type: FlagType

    /// Which numbers it takes, for an integer or a number that acts.
    package let range: FlagRange?

    /// Whether a list that is given several times is the sum of what was given.
    package let isRepeatable: Bool

    /// What holds when it is not given; nil for nothing.
    package let defaultValue: FlagValue?

    /// Which verbs take it.
    package let scope: FlagScope

    /// How it relates to the original's.
    package let effect: FlagEffect

    /// What it does, in one sentence.
    package let help: String

    init(
        _ name: String, _ type: FlagType, _ defaultValue: FlagValue? = nil,
        _ scope: FlagScope, _ effect: FlagEffect, aliases: [String] = [],
        isRepeatable: Bool = false, range: FlagRange? = nil,
        _ help: String
    ) {
        self.name = name
        self.type = type
        self.range = range
        self.isRepeatable = isRepeatable
        self.defaultValue = defaultValue
        self.scope = scope
        self.effect = effect
        self.aliases = aliases
        self.help = help
    }

    /// The help with the numbers that are taken.
    package var fullHelp: String { help + (range.map { " Takes numbers \($0.words)." } ?? "") }

    /// What was expected of words that are not taken, and what they are.
    func complaint(about words: [String]) -> String {
        let expected = type.expectation + (range.map { " \($0.words)" } ?? "")
        let got = words.isEmpty ? "nothing" : "\"\(words.joined(separator: "\", \""))\""
        let hint = type == .integer ? words.first.flatMap(NumberText.hint) ?? "" : ""
        return "expected \(expected), got \(got)\(hint)"
    }

    /// Reads the words that follow the flag; nil if they are not what it takes.
    func value(of words: [String]) -> FlagValue? {
        guard let value = type.value(of: words) else { return nil }
        let isInRange =
            switch (value, range) {
            case (.integer(let value), let range?): range.contains(value)
            case (.number(let value), let range?): range.contains(value)
            default: true
            }
        return isInRange ? value : nil
    }

    /// Why the flag does nothing under a verb; nil if it acts.
    package func reasonForNoEffect(in verb: FlagVerb) -> String? {
        if case .noEffect(let reason) = effect { return reason }
        if case .trainAcceptedByEval = scope, verb == .eval { return "it concerns training only" }
        return nil
    }
}
