/// What a flag takes.
package enum FlagType: Sendable, Equatable {
    case bool
    case integer
    case number
    case string
    case list
    /// One of several words, letter case aside.
    case choice([String])
}

/// What a flag was given.
package enum FlagValue: Sendable, Equatable, CustomStringConvertible {
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([String])

    /// The value as a person would write it after the flag.
    package var description: String {
        switch self {
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value):
            "\(value)".hasSuffix(".0") ? String("\(value)".dropLast(2)) : "\(value)"
        case .string(let value): value
        case .list(let values): values.joined(separator: " ")
        }
    }
}

extension FlagType {
    /// What is expected, for an error text.
    var expectation: String {
        switch self {
        case .bool: "true or false (also yes/no, t/f, y/n, 1/0)"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a text"
        case .list: "one or more values"
        case .choice(let words): "one of " + words.joined(separator: ", ")
        }
    }

    /// Reads the words that follow a flag; nil if they are not what it takes.
    func value(of words: [String]) -> FlagValue? {
        if self == .list { return words.isEmpty ? nil : .list(words) }
        guard words.count == 1 else { return nil }
        let word = words[0]
        switch self {
        case .bool: return Self.boolean(word).map(FlagValue.bool)
        case .integer: return NumberText.integer(word).map(FlagValue.integer)
        case .number: return NumberText.number(word).map(FlagValue.number)
        case .string, .list: return .string(word)
        case .choice(let choices):
            let wanted = word.lowercased().replacing("-", with: "_")
            return choices.first { $0.lowercased() == wanted }.map(FlagValue.string)
        }
    }

    /// What a word says of a boolean, letter case aside; nil for another word.
    package static func boolean(_ word: String) -> Bool? {
        switch word.lowercased() {
        case "yes", "true", "t", "y", "1": true
        case "no", "false", "f", "n", "0": false
        default: nil
        }
    }
}
