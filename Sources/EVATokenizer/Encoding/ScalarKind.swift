/// What the split into pieces distinguishes.
enum ScalarKind {
    case letter
    case number
    /// White space, and whatever else belongs to no piece.
    case separator
    case other

    @inline(__always)
    init(ascii byte: UInt8) {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            self = .letter
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            self = .number
        case 0x09...0x0D, 0x1C...0x20:
            self = .separator
        default:
            self = .other
        }
    }

    init(_ scalar: Unicode.Scalar) {
        let traits = UnicodeTable.traits(of: scalar)
        if traits.contains(.letter) {
            self = .letter
        } else if traits.contains(.number) {
            self = .number
        } else {
            // The reference's regular expressions, told to ignore case, match the combining iota
            // U+0345 neither as a letter (which its capital is) nor as anything else.
            self = scalar.isPythonSpace || scalar == "\u{345}" ? .separator : .other
        }
    }
}
