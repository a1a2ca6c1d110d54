/// Python's `str.lower`: Unicode's full mapping with the one context it knows, the final sigma.
enum Lowercase {
    static func lowercased(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        for (index, scalar) in text.enumerated() {
            if scalar == "\u{3A3}" {
                result.append(endsWord(text, at: index) ? "\u{3C2}" : "\u{3C3}")
            } else if scalar.isASCII {
                let isCapital = "A"..."Z" ~= scalar
                result.append(isCapital ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar)
            } else if let lower = UnicodeTable.lowercase(of: scalar) {
                result.append(contentsOf: lower)
            } else {
                result.append(scalar)
            }
        }
        return result
    }

    /// Whether the letter at an index has a letter with case before it and none after it, marks
    /// that carry no case left aside (the Unicode Standard, table 3-17, Final_Sigma).
    private static func endsWord(_ text: [Unicode.Scalar], at index: Int) -> Bool {
        func isMark(_ scalar: Unicode.Scalar) -> Bool {
            UnicodeTable.traits(of: scalar).contains(.caseIgnorable)
        }
        func isCased(_ scalar: Unicode.Scalar?) -> Bool {
            scalar.map { UnicodeTable.traits(of: $0).contains(.cased) } ?? false
        }
        let before = text[..<index].last { !isMark($0) }
        let after = text[(index + 1)...].first { !isMark($0) }
        return isCased(before) && !isCased(after)
    }
}
