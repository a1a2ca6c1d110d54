extension Unicode.Scalar {
    /// Whether Python's `str.isspace`, and so `\s` and `strip`, takes it for white space: Unicode's
    /// white space and four control characters.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
            0x205F, 0x3000:
            true
        default:
            false
        }
    }

    /// Whether Python's `\w` matches it: a letter, any kind of number, or an underscore.
    var isPythonWord: Bool {
        switch ScalarKind(self) {
        case .letter, .number: true
        case .separator, .other: self == "_"
        }
    }
}
