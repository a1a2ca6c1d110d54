/// HTML character references: `&amp;`, `&#39;`, `&#x27;` and the like.
enum CharacterReferences {
    /// Replaces every reference, with or without its semicolon, as browsers do.
    ///
    /// The rules are those of Python's `html.unescape`, which are the HTML standard's but for a
    /// name being any 32 characters.
    static func replaced(in text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        replacing(in: text) { rest in
            if let (number, length) = number(rest) {
                return (length, character(number))
            }
            let nameLength = rest.prefix(32).prefix {
                !"\t\n\u{C} <&#;".unicodeScalars.contains($0)
            }
            .count
            guard nameLength > 0 else { return nil }
            let hasSemicolon = rest.dropFirst(nameLength).first == ";"
            let name = rest.prefix(nameLength + (hasSemicolon ? 1 : 0))
            if let value = EntityTable.value(of: name) {
                return (name.count, value)
            }
            if let (length, value) = EntityTable.longestPrefix(of: name) {
                return (name.count, value + name.dropFirst(length))
            }
            return (name.count, ["&"] + name)
        }
    }

    /// Replaces the references that can be meant as nothing else.
    ///
    /// They end with a semicolon. Names wholly in capitals count as well when they have no meaning
    /// of their own, and give capitals.
    static func unambiguousReplaced(in text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        replacing(in: text, unambiguous)
    }

    /// Replaces the same references, and those that this makes, until there are none.
    ///
    /// What is left is what replacing again and again gives: no two references share a character, so
    /// the order does not matter. The time grows with the text, not with how deep references are
    /// nested.
    static func unambiguousReplacedThroughout(in text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains("&") else { return text }
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        // What stands for references, the next scalar last; it comes before the rest of the text.
        var pending: [Unicode.Scalar] = []
        var rest = text[...]
        while let scalar = pending.popLast() ?? rest.popFirst() {
            result.append(scalar)
            // A reference is complete with its semicolon, and begins with the last ampersand.
            guard scalar == ";",
                let ampersand = result.suffix(longestUnambiguous).lastIndex(of: "&"),
                let (length, value) = unambiguous(result[(ampersand + 1)...]),
                ampersand + 1 + length == result.count
            else { continue }
            result.removeSubrange(ampersand...)
            pending.append(contentsOf: value.reversed())
        }
        return result
    }

    // The ampersand, a hash, 24 letters or digits, and the semicolon.
    private static let longestUnambiguous = 27

    /// The unambiguous reference that follows an ampersand: its length, and what it stands for.
    private static func unambiguous(
        _ rest: ArraySlice<Unicode.Scalar>
    ) -> (Int, [Unicode.Scalar])? {
        let isNumber = rest.first == "#"
        let digits = rest.dropFirst(isNumber ? 1 : 0).prefix(25)
            .prefix(while: isASCIIAlphanumeric)
        let reference = rest[..<digits.endIndex]
        guard
            1...24 ~= digits.count, rest.dropFirst(reference.count).first == ";",
            let value = isNumber
                ? unambiguousNumber(reference + [";"]) : unambiguousName(reference + [";"])
        else { return nil }
        return (reference.count + 1, value)
    }

    /// Replaces what `replacement` finds behind each ampersand: the number of scalars it takes and
    /// what stands in their place and the ampersand's, or nil.
    private static func replacing(
        in text: [Unicode.Scalar],
        _ replacement: (ArraySlice<Unicode.Scalar>) -> (Int, [Unicode.Scalar])?
    ) -> [Unicode.Scalar] {
        guard text.contains("&") else { return text }
        var result: [Unicode.Scalar] = []
        var rest = text[...]
        while let ampersand = rest.firstIndex(of: "&") {
            result += rest[..<ampersand]
            rest = rest[(ampersand + 1)...]
            if let (length, value) = replacement(rest) {
                result += value
                rest = rest.dropFirst(length)
            } else {
                result.append("&")
            }
        }
        return result + rest
    }

    private static func unambiguousNumber(
        _ reference: ArraySlice<Unicode.Scalar>
    ) -> [Unicode.Scalar]? {
        // A semicolon left over, or gained, makes the number doubtful.
        guard let (number, length) = number(reference), length == reference.count else {
            return nil
        }
        let value = character(number)
        return value == [";"] ? nil : value
    }

    private static func unambiguousName(
        _ name: ArraySlice<Unicode.Scalar>
    ) -> [Unicode.Scalar]? {
        if let value = EntityTable.value(of: name) { return value }
        let lower = Lowercase.lowercased(Array(name))
        guard
            !name.contains(where: { "a"..."z" ~= $0 }),
            let value = EntityTable.value(of: lower),
            EntityTable.longestPrefix(of: name) == nil
        else { return nil }
        return value.flatMap { Array($0.properties.uppercaseMapping.unicodeScalars) }
    }

    /// The number of a reference that begins with `#`, and the scalars it takes.
    private static func number(_ text: ArraySlice<Unicode.Scalar>) -> (UInt32, length: Int)? {
        guard text.first == "#" else { return nil }
        let isHexadecimal = text.dropFirst().first.map { $0 == "x" || $0 == "X" } == true
        let radix: UInt32 = isHexadecimal ? 16 : 10
        let start = isHexadecimal ? 2 : 1
        var number: UInt32 = 0
        var length = start
        for scalar in text.dropFirst(start) {
            guard let digit = digitValue(scalar), digit < radix else { break }
            // Held above the last code point once it has got there.
            number = min(number * radix + digit, 0x11_0000)
            length += 1
        }
        guard length > start else { return nil }
        return (number, text.dropFirst(length).first == ";" ? length + 1 : length)
    }

    private static func isASCIIAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return false }
        switch ScalarKind(ascii: UInt8(scalar.value)) {
        case .letter, .number: return true
        case .separator, .other: return false
        }
    }

    private static func digitValue(_ scalar: Unicode.Scalar) -> UInt32? {
        switch scalar {
        case "0"..."9": scalar.value - 0x30
        case "A"..."F": scalar.value - 0x41 + 10
        case "a"..."f": scalar.value - 0x61 + 10
        default: nil
        }
    }

    /// What a numeric reference stands for; nothing for control characters and noncharacters.
    private static func character(_ number: UInt32) -> [Unicode.Scalar] {
        switch number {
        case 0:
            ["\u{FFFD}"]
        case 0x80...0x9F:
            [SingleByteEncoding.windows1252.decoded(UInt8(number))]
        case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0xFDD0...0xFDEF,
            _ where number & 0xFFFE == 0xFFFE && number < 0x11_0000:
            []
        default:
            [Unicode.Scalar(number) ?? "\u{FFFD}"]
        }
    }
}
