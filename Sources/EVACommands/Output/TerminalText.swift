internal import Foundation

/// Text that does nothing to a terminal but to be read.
enum TerminalText {
    private static let longest = 4000
    private static let shownOfLong = 3000

    /// The text with control characters, and those that turn the direction of writing, as escapes.
    ///
    /// - Parameters:
    ///   - text: What to show; parts of it may come out of data.
    ///   - keepsLines: Whether line feeds stay.
    ///   - limit: Scalars of a text that is shown whole; of a longer one the beginning is, and how
    ///     much was left out.
    static func line(_ text: String, keepsLines: Bool = false, limit: Int = longest) -> String {
        let scalars = text.unicodeScalars
        var shown = scalars[...]
        var rest = ""
        if text.utf8.count > limit, scalars.count > limit {
            shown = scalars.prefix(shownOfLong)
            rest = " ... (\(scalars.count - shownOfLong) characters more)"
        }
        guard shown.contains(where: { isHarmful($0, keepsLines) }) else {
            return String(shown) + rest
        }
        var result = String.UnicodeScalarView()
        for scalar in shown {
            if isHarmful(scalar, keepsLines) {
                let code = String(scalar.value, radix: 16, uppercase: true)
                result.append(contentsOf: "\\u{\(code)}".unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result) + rest
    }

    /// JSON that says the same, with the escapes of JSON for characters that it may leave as they are.
    static func json(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isHarmful($0, true) }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if isHarmful(scalar, true) {
                result += String(format: "\\u%04x", scalar.value)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isHarmful(_ scalar: Unicode.Scalar, _ keepsLines: Bool) -> Bool {
        switch scalar.value {
        case 0x0A: !keepsLines
        case 0x00..<0x20, 0x7F...0x9F: true
        // Line and paragraph separators; overrides of direction, with which names look like others.
        case 0x2028, 0x2029, 0x200E, 0x200F, 0x061C, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
