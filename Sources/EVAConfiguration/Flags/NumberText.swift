/// Numbers as people write them on a command line.
///
/// Integers are digits with a sign or without; numbers may have a point and an exponent. Of what
/// Python's `int` and `float` read besides, nothing is taken: blanks around them, `1_000`, digits of
/// other scripts, `inf` and `nan`. Hexadecimal is not taken either.
package enum NumberText {
    /// The integer; nil for a text that is none, or that 64 bits do not hold.
    package static func integer(_ text: String) -> Int? {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        return digits.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    /// The finite number; nil for a text that is none, or that is beyond double precision.
    package static func number(_ text: String) -> Double? {
        let isPlain = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0)
        }
        return isPlain ? Double(text).flatMap { $0.isFinite ? $0 : nil } : nil
    }

    /// What a whole number in another spelling is to be written as, as the end of an error text.
    package static func hint(_ text: String) -> String? {
        guard integer(text) == nil, let whole = number(text).flatMap({ Int(exactly: $0) }),
            whole.magnitude < 1 << 53
        else { return nil }
        return "; write \(whole)"
    }
}
