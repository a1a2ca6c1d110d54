/// Finds text that looks like UTF-8 read in another encoding.
enum MojibakeDetector {
    /// Whether a text breaks one of `MojibakeRules`; ASCII never does.
    static func isSuspicious(_ text: [Unicode.Scalar]) -> Bool {
        guard let first = text.firstIndex(where: { !$0.isASCII }) else { return false }
        let traits = text.map(MojibakeTraits.init(of:))
        func fits(_ rule: [MojibakeRules.Place], at start: Int) -> Bool {
            rule.count <= text.count - start
                && rule.indices.allSatisfy {
                    rule[$0].matches(text[start + $0], traits[start + $0])
                }
        }
        if MojibakeRules.atStart.contains(where: { fits($0, at: 0) }) { return true }
        // Every rule wants a character outside of ASCII at one of its first three places.
        var reach = max(first - 2, 0)
        for index in first..<text.count where !text[index].isASCII {
            for start in max(reach, index - 2)...index
            where MojibakeRules.anywhere.contains(where: { fits($0, at: start) }) {
                return true
            }
            reach = index + 1
        }
        return false
    }

    // MARK: Sequences

    /// The encodings from which a part of a text may come.
    private static let encodings: [SingleByteEncoding] = [
        .latin1, .windows1252, .windows1251, .windows1250, .windows1253, .windows1254,
        .windows1257,
    ]

    /// The characters that bytes are read as in any of the encodings.
    private static func characters(of bytes: [UInt8]) -> Set<Unicode.Scalar> {
        Set(encodings.flatMap { encoding in bytes.map(encoding.decoded) })
    }

    private static let leadsOfTwo = characters(of: Array(0xC2...0xDF))
    private static let leadsOfThree = characters(of: Array(0xE0...0xEF))
    /// Of these leads only the two are in use.
    private static let leadsOfFour = characters(of: [0xF0, 0xF3])
    /// With the space, which may have been a no-break space.
    private static let following = characters(of: Array(0x80...0xBF)).union([" "])
    /// Without those that commonly stand for themselves beside mojibake.
    private static let surelyFollowing = following.subtracting([
        " ", "\u{2013}", "\u{2014}", "\u{2015}", "\u{2018}", "\u{2019}", "\u{201A}", "\u{201C}",
        "\u{201D}", "\u{201E}", "\u{2022}", "\u{2026}",
    ])

    /// Replaces the parts of a text that could each be UTF-8 by themselves.
    ///
    /// - Parameter replacement: Receives such sequences, as many in a row as there are. None
    ///   begins in the middle of a garbled part, which would only grow worse.
    static func replacingSequences(
        in text: [Unicode.Scalar], with replacement: ([Unicode.Scalar]) -> [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            let start = position
            if start == 0 || !surelyFollowing.contains(text[start - 1]) {
                while let length = sequenceLength(text[position...]) { position += length }
            }
            if position > start {
                result += replacement(Array(text[start..<position]))
            } else {
                result.append(text[position])
                position += 1
            }
        }
        return result
    }

    /// The length of the sequence that a text begins with, or nil.
    private static func sequenceLength(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
        guard let lead = text.first, !lead.isASCII else { return nil }
        let length =
            leadsOfTwo.contains(lead)
            ? 2 : leadsOfThree.contains(lead) ? 3 : leadsOfFour.contains(lead) ? 4 : 0
        guard length > 0, text.count >= length,
            text.dropFirst().prefix(length - 1).allSatisfy(following.contains)
        else { return nil }
        return length
    }
}
