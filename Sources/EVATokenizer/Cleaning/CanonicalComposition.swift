internal import CEmbeddedData

/// Unicode's normalization form C: letters and their marks joined where there is one character for
/// both (Unicode Standard Annex 15).
enum CanonicalComposition {
    static func composed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains(where: mayChange) else { return text }
        return recomposed(orderedMarks(decomposed(text)))
    }

    // MARK: Hangul, whose syllables are joined by arithmetic

    private static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
    private static let leads: ClosedRange<UInt32> = 0x1100...0x1112
    private static let vowels: ClosedRange<UInt32> = 0x1161...0x1175
    /// The final consonants; the number before them stands for none.
    private static let tails: ClosedRange<UInt32> = 0x11A8...0x11C2

    private static func jamo(of syllable: UInt32) -> [UInt32] {
        let index = syllable - syllables.lowerBound
        let tail = index % 28
        return [leads.lowerBound + index / 588, vowels.lowerBound + index % 588 / 28]
            + (tail == 0 ? [] : [tails.lowerBound - 1 + tail])
    }

    private static func syllable(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if leads.contains(first), vowels.contains(second) {
            return syllables.lowerBound
                + ((first - leads.lowerBound) * 21 + (second - vowels.lowerBound)) * 28
        }
        if syllables.contains(first), (first - syllables.lowerBound) % 28 == 0,
            tails.contains(second)
        {
            return first + (second - tails.lowerBound + 1)
        }
        return nil
    }

    // MARK: All other scripts, by tables

    private struct Pair: Hashable {
        let first: UInt32
        let second: UInt32
    }

    private struct Tables {
        /// What a character splits into, one step further.
        var parts: [UInt32: [UInt32]] = [:]
        var composites: [Pair: UInt32] = [:]
        /// The characters that are always written another way, or may join what precedes them.
        var unstable: Set<UInt32> = []
    }

    private static let tables: Tables = {
        var tables = Tables()
        for line in DataLines(eva_canonical_decompositions()) {
            let isNeverJoined = line.hasPrefix("!")
            let numbers = line.dropFirst(isNeverJoined ? 1 : 0).split(separator: " ")
                .compactMap { UInt32($0, radix: 16) }
            let parts = Array(numbers.dropFirst())
            tables.parts[numbers[0]] = parts
            if parts.count == 1 || isNeverJoined {
                tables.unstable.insert(numbers[0])
            } else {
                tables.unstable.insert(parts[1])
                tables.composites[Pair(first: parts[0], second: parts[1])] = numbers[0]
            }
        }
        return tables
    }()

    private static func mayChange(_ scalar: Unicode.Scalar) -> Bool {
        // Below U+0300 there are no marks, and no character is written another way.
        scalar.value >= 0x300
            && (tables.unstable.contains(scalar.value) || vowels.contains(scalar.value)
                || tails.contains(scalar.value) || markClass(scalar.value) > 0)
    }

    // MARK: The three steps

    private static func decomposed(_ text: [Unicode.Scalar]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(text.count)
        func append(_ value: UInt32) {
            if value < 0xC0 {
                result.append(value)
            } else if syllables.contains(value) {
                result += jamo(of: value)
            } else if let parts = tables.parts[value] {
                parts.forEach(append)
            } else {
                result.append(value)
            }
        }
        for scalar in text { append(scalar.value) }
        return result
    }

    /// Sorts each run of marks by class, marks of one class keeping their order.
    private static func orderedMarks(_ text: [UInt32]) -> [UInt32] {
        var result = text
        var start = 0
        while let first = result[start...].firstIndex(where: { markClass($0) > 0 }) {
            let end = result[first...].firstIndex { markClass($0) == 0 } ?? result.endIndex
            // The standard library's sort keeps the order of equals but does not promise to.
            let sorted = result[first..<end].enumerated().sorted {
                (markClass($0.element), $0.offset) < (markClass($1.element), $1.offset)
            }
            result.replaceSubrange(first..<end, with: sorted.lazy.map(\.element))
            start = end
        }
        return result
    }

    private static func recomposed(_ text: [UInt32]) -> [Unicode.Scalar] {
        var result: [UInt32] = []
        result.reserveCapacity(text.count)
        /// Where in `result` the last character that is no mark stands.
        var starter: Int?
        var lastClass: UInt8 = 0
        for value in text {
            let markClass = markClass(value)
            if let starter, starter == result.count - 1 || lastClass < markClass,
                let composite = composite(result[starter], value)
            {
                result[starter] = composite
                continue
            }
            if markClass == 0 { starter = result.count }
            lastClass = markClass
            result.append(value)
        }
        return result.compactMap(Unicode.Scalar.init)
    }

    private static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
        guard second >= 0x300 else { return nil }
        return syllable(first, second) ?? tables.composites[Pair(first: first, second: second)]
    }

    /// The canonical combining class: zero for all but marks that attach to what precedes them.
    private static func markClass(_ value: UInt32) -> UInt8 {
        value >= 0x300 ? UnicodeTable.combiningClass(of: value) : 0
    }
}
