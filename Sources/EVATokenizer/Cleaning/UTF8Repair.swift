/// Repairs of bytes that should be UTF-8, and their strict reading.
enum UTF8Repair {
    private static let space: BytePattern.ByteSet = [0x20...0x20]
    private static let following: BytePattern.ByteSet = [0x80...0xBF]

    // MARK: Lost no-break spaces

    /// Sequences that a space breaks, and that would give a likely character with 0xA0 for it.
    private static let broken: BytePattern = {
        let likely: BytePattern.ByteSet = [0x80...0x84, 0x86...0x9F, 0xA1...0xBF]
        let leadOfFour: BytePattern.ByteSet = [0xF0...0xF0]
        return BytePattern(alternatives: [
            [[0xC2...0xC3, 0xC5...0xC5, 0xCE...0xCE, 0xD0...0xD0, 0xD9...0xD9], space],
            [[0xE2...0xE3], space, likely],
            [[0xE0...0xE3], likely, space],
            [leadOfFour, space, following, following],
            [leadOfFour, following, space, following],
            [leadOfFour, following, following, space],
        ])
    }()

    /// Puts back the byte 0xA0 where a program took it for a no-break space and wrote a space.
    static func noBreakSpacesRestored(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x20) else { return bytes }
        return broken.replacingMatches(in: aGraveWordsRestored(bytes)) { sequence in
            sequence.map { $0 == 0x20 ? 0xA0 : $0 }
        }
    }

    /// Completes 0xC3 before a space to the word "a" with a grave accent, keeping the space.
    ///
    /// Not before a second space, nor where Portuguese writes the letter together with what
    /// follows.
    private static func aGraveWordsRestored(_ bytes: [UInt8]) -> [UInt8] {
        let joined = [" ", "quele", "quela", "quilo", "s "].map { Array($0.utf8) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for (index, byte) in bytes.enumerated() {
            result.append(byte)
            let rest = bytes[(index + 1)...]
            if byte == 0xC3, rest.first == 0x20,
                !joined.contains(where: { rest.dropFirst().starts(with: $0) })
            {
                result.append(0xA0)
            }
        }
        return result
    }

    // MARK: Lost bytes

    /// Sequences that lack a byte, for which `lostByte` or, once, a question mark stands; also
    /// pairs of surrogates written as UTF-8.
    private static let incomplete: BytePattern = {
        let lost = SingleByteEncoding.lostByte...SingleByteEncoding.lostByte
        let question: ClosedRange<UInt8> = 0x3F...0x3F
        let gap: BytePattern.ByteSet = [lost, question]
        let rest: BytePattern.ByteSet = [lost, 0x80...0xBF]
        let any: BytePattern.ByteSet = [lost, question, 0x80...0xBF]
        let surrogate: BytePattern.ByteSet = [0xED...0xED]
        let leadOfThree: BytePattern.ByteSet = [0xE0...0xEF]
        let leadOfFour: BytePattern.ByteSet = [0xF0...0xF4]
        return BytePattern(alternatives: [
            [[0xC2...0xDF], [lost]],
            [[0xC2...0xC3], [question]],
            [surrogate, [0xA0...0xAF], gap, surrogate, [0xB0...0xBF], any],
            [surrogate, [0xA0...0xAF], any, surrogate, [0xB0...0xBF], gap],
            [leadOfThree, gap, rest],
            [leadOfThree, rest, gap],
            [leadOfFour, gap, rest, rest],
            [leadOfFour, rest, gap, rest],
            [leadOfFour, rest, rest, gap],
            [[lost]],
        ])
    }()

    /// Writes U+FFFD, in UTF-8, for every sequence that lacks bytes.
    static func lossReplaced(_ bytes: [UInt8]) -> [UInt8] {
        incomplete.replacingMatches(in: bytes) { _ in [0xEF, 0xBF, 0xBD] }
    }

    // MARK: Reading

    /// Reads UTF-8, or returns nil if the bytes are not that.
    ///
    /// Two variants are allowed: pairs of surrogates of three bytes each, as in CESU-8, and 0xC0
    /// 0x80 for U+0000, as in Java.
    static func decoded(_ bytes: [UInt8]) -> [Unicode.Scalar]? {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            let rest = bytes[position...]
            guard let (scalar, length) = variant(rest) ?? standard(rest) else {
                return nil
            }
            result.append(scalar)
            position += length
        }
        return result
    }

    private static func standard(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, length: Int)? {
        var units = bytes.prefix(4).makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        guard case .valid(let encoded) = parser.parseScalar(from: &units) else { return nil }
        return (Unicode.UTF8.decode(encoded), encoded.count)
    }

    private static func variant(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, length: Int)? {
        guard let lead = bytes.first, lead == 0xC0 || lead == 0xED else { return nil }
        let unit = Array(bytes.prefix(6))
        switch unit.first {
        case 0xC0 where unit.dropFirst() == [0x0A]:
            // The reference loses the line feed at the very end, so that lines are joined.
            return ("\u{0}", 2)
        case 0xC0 where unit.dropFirst().first == 0x80:
            return ("\u{0}", 2)
        case 0xED where unit.count == 6 && unit[3] == 0xED:
            guard
                0xA0...0xAF ~= unit[1], 0x80...0xBF ~= unit[2],
                0xB0...0xBF ~= unit[4], 0x80...0xBF ~= unit[5]
            else { return nil }
            let high = UInt32(unit[1] & 0x0F) << 6 | UInt32(unit[2] & 0x3F)
            let low = UInt32(unit[4] & 0x0F) << 6 | UInt32(unit[5] & 0x3F)
            return Unicode.Scalar(0x1_0000 + (high << 10 | low)).map { ($0, 6) }
        default:
            return nil
        }
    }
}
