internal import CEmbeddedData

/// What cleaning and splitting ask of characters, by Unicode 18.0.
///
/// The version is that of Python's `regex` 2026.11.19, with which the reference splits texts. The
/// tables are part of the program, so that a text has the same tokens wherever it runs; those of the
/// Swift runtime change with it.
enum UnicodeTable {
    /// Properties that a character has or has not.
    struct Traits: OptionSet {
        let rawValue: UInt8

        static let letter = Traits(rawValue: 1 << 0)
        static let number = Traits(rawValue: 1 << 1)
        static let digit = Traits(rawValue: 1 << 2)
        static let cased = Traits(rawValue: 1 << 3)
        static let caseIgnorable = Traits(rawValue: 1 << 4)
        static let changesInLowerCase = Traits(rawValue: 1 << 5)
    }

    /// The properties of a character.
    static func traits(of scalar: Unicode.Scalar) -> Traits {
        Traits(rawValue: tables.traits[Int(scalar.value)])
    }

    /// The canonical combining class: zero for all but marks that attach to what precedes them.
    static func combiningClass(of value: UInt32) -> UInt8 {
        value < tables.classes.count ? tables.classes[Int(value)] : 0
    }

    /// A character in lower case; nil where that is itself.
    static func lowercase(of scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
        guard traits(of: scalar).contains(.changesInLowerCase) else { return nil }
        return tables.lowercase[scalar]
    }

    private struct Tables {
        /// By code point.
        var traits = [UInt8](repeating: 0, count: 0x11_0000)
        /// By code point, up to the last that has a class.
        var classes: [UInt8] = []
        var lowercase: [Unicode.Scalar: [Unicode.Scalar]] = [:]

        mutating func add(_ traits: Traits, to range: ClosedRange<Int>) {
            for value in range { self.traits[value] |= traits.rawValue }
        }
    }

    private static let names: [Substring: Traits] = [
        "letter": .letter, "number": .number, "digit": .digit, "cased": .cased,
        "ignorable": .caseIgnorable,
    ]

    private static let tables: Tables = {
        var tables = Tables()
        for line in DataLines(eva_unicode_properties()) {
            let fields = line.split(separator: " ")
            let values = fields.dropFirst().compactMap { Int($0, radix: 16) }
            if let trait = names[fields[0]] {
                tables.add(trait, to: values[0]...values[1])
            } else if fields[0] == "lower" {
                let scalars = values.compactMap { Unicode.Scalar(UInt32($0)) }
                tables.lowercase[scalars[0]] = Array(scalars.dropFirst())
                tables.add(.changesInLowerCase, to: values[0]...values[0])
            } else if let number = UInt8(fields[0].dropFirst("class".count)) {
                let missing = values[1] + 1 - tables.classes.count
                tables.classes += [UInt8](repeating: 0, count: max(0, missing))
                for value in values[0]...values[1] { tables.classes[value] = number }
            }
        }
        return tables
    }()
}
