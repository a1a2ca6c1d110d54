/// Repairs of single characters: look-alikes become the usual ones, invisible ones go.
enum CharacterRepair {
    static func repaired(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var usual: [Unicode.Scalar] = []
        usual.reserveCapacity(text.count)
        for scalar in text {
            if scalar.isASCII {
                usual.append(scalar)
            } else {
                appendUsual(scalar, to: &usual)
            }
        }
        return withoutControls(withoutTerminalEscapes(withLineFeeds(usual)))
    }

    private static func appendUsual(_ scalar: Unicode.Scalar, to text: inout [Unicode.Scalar]) {
        switch scalar.value {
        case 0x80...0x9F:
            // These are control characters only where windows-1252 was taken for Latin-1.
            let meant = SingleByteEncoding.windows1252.decoded(UInt8(scalar.value))
            text.append(straightQuote(meant))
        case 0x3000:
            text.append(" ")
        case 0xFF01...0xFF5E:
            text.append(Unicode.Scalar(UInt8(scalar.value - 0xFEE0)))
        case 0xFFE3:
            text += [" ", "\u{304}"]
        case 0xFF5F...0xFFEE:
            let value = usualWidth[Int(scalar.value - 0xFF5F)]
            text.append(value == 0 ? scalar : Unicode.Scalar(value) ?? scalar)
        default:
            if let letters = ligatures[scalar] {
                text += letters.unicodeScalars
            } else {
                text.append(straightQuote(scalar))
            }
        }
    }

    private static func straightQuote(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x2BC, 0x2018...0x201B: "'"
        case 0x201C...0x201F: "\""
        default: scalar
        }
    }

    /// Makes a line feed of every other mark of a line's end.
    private static func withLineFeeds(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        for (index, scalar) in text.enumerated() {
            switch scalar {
            case "\r", "\u{85}", "\u{2028}", "\u{2029}":
                result.append("\n")
            case "\n" where index > 0 && text[index - 1] == "\r":
                break
            default:
                result.append(scalar)
            }
        }
        return result
    }

    /// Removes the sequences that colour text in a terminal: ESC, `[`, digits and semicolons, and
    /// a letter.
    private static func withoutTerminalEscapes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains("\u{1B}") else { return text }
        var result: [Unicode.Scalar] = []
        var rest = text[...]
        while let first = rest.first {
            if first == "\u{1B}", rest.dropFirst().first == "[" {
                let end = rest.dropFirst(2).drop {
                    $0 == ";" || UnicodeTable.traits(of: $0).contains(.digit)
                }
                if let letter = end.first, "a"..."z" ~= letter || "A"..."Z" ~= letter {
                    rest = end.dropFirst()
                    continue
                }
            }
            result.append(first)
            rest = rest.dropFirst()
        }
        return result
    }

    /// Removes the control characters that show nothing and are no white space.
    private static func withoutControls(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.filter { scalar in
            switch scalar.value {
            case 0x00...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC:
                false
            default:
                true
            }
        }
    }

    /// Ligatures and digraphs of Latin letters, and the letters they are made of.
    private static let ligatures: [Unicode.Scalar: String] = [
        "\u{132}": "IJ", "\u{133}": "ij", "\u{149}": "'n",
        "\u{1C4}": "D\u{17D}", "\u{1C5}": "D\u{17E}", "\u{1C6}": "d\u{17E}",
        "\u{1C7}": "LJ", "\u{1C8}": "Lj", "\u{1C9}": "lj",
        "\u{1CA}": "NJ", "\u{1CB}": "Nj", "\u{1CC}": "nj",
        "\u{1F1}": "DZ", "\u{1F2}": "Dz", "\u{1F3}": "dz",
        "\u{FB00}": "ff", "\u{FB01}": "fi", "\u{FB02}": "fl", "\u{FB03}": "ffi",
        "\u{FB04}": "ffl", "\u{FB05}": "\u{17F}t", "\u{FB06}": "st",
    ]

    /// The characters of usual width for U+FF5F to U+FFEE, zero where there is none: compatibility
    /// mappings of the Unicode Character Database.
    private static let usualWidth: [UInt16] = [
        0x2985, 0x2986, 0x3002, 0x300C, 0x300D, 0x3001, 0x30FB, 0x30F2, 0x30A1, 0x30A3,
        0x30A5, 0x30A7, 0x30A9, 0x30E3, 0x30E5, 0x30E7, 0x30C3, 0x30FC, 0x30A2, 0x30A4,
        0x30A6, 0x30A8, 0x30AA, 0x30AB, 0x30AD, 0x30AF, 0x30B1, 0x30B3, 0x30B5, 0x30B7,
        0x30B9, 0x30BB, 0x30BD, 0x30BF, 0x30C1, 0x30C4, 0x30C6, 0x30C8, 0x30CA, 0x30CB,
        0x30CC, 0x30CD, 0x30CE, 0x30CF, 0x30D2, 0x30D5, 0x30D8, 0x30DB, 0x30DE, 0x30DF,
        0x30E0, 0x30E1, 0x30E2, 0x30E4, 0x30E6, 0x30E8, 0x30E9, 0x30EA, 0x30EB, 0x30EC,
        0x30ED, 0x30EF, 0x30F3, 0x3099, 0x309A, 0x1160, 0x1100, 0x1101, 0x11AA, 0x1102,
        0x11AC, 0x11AD, 0x1103, 0x1104, 0x1105, 0x11B0, 0x11B1, 0x11B2, 0x11B3, 0x11B4,
        0x11B5, 0x111A, 0x1106, 0x1107, 0x1108, 0x1121, 0x1109, 0x110A, 0x110B, 0x110C,
        0x110D, 0x110E, 0x110F, 0x1110, 0x1111, 0x1112, 0x0000, 0x0000, 0x0000, 0x1161,
        0x1162, 0x1163, 0x1164, 0x1165, 0x1166, 0x0000, 0x0000, 0x1167, 0x1168, 0x1169,
        0x116A, 0x116B, 0x116C, 0x0000, 0x0000, 0x116D, 0x116E, 0x116F, 0x1170, 0x1171,
        0x1172, 0x0000, 0x0000, 0x1173, 0x1174, 0x1175, 0x0000, 0x0000, 0x0000, 0x00A2,
        0x00A3, 0x00AC, 0x0000, 0x00A6, 0x00A5, 0x20A9, 0x0000, 0x2502, 0x2190, 0x2191,
        0x2192, 0x2193, 0x25A0, 0x25CB,
    ]
}
