/// A strict reader of JSON text that lies in memory: no copies, no tree, bounded depth.
///
/// `JSONSerialization` keeps one of two equal keys, builds the whole tree, and does not say at which
/// byte a fault lies; headers of tensor files need the opposite of all three.
package struct JSONCursor {
    /// A fault in the text and the position of its byte.
    package struct Fault: Error {
        package let offset: Int
        package let message: String
    }

    private static let depthLimit = 64

    private let text: UnsafeRawBufferPointer
    /// The position of the next byte.
    package private(set) var offset = 0

    package init(_ text: UnsafeRawBufferPointer) {
        self.text = text
    }

    /// Passes over white space and tells the next byte without taking it; `nil` at the end.
    package mutating func peek() -> UInt8? {
        while offset < text.count {
            switch text[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                offset += 1
            case let byte:
                return byte
            }
        }
        return nil
    }

    /// Takes one punctuation character.
    package mutating func expect(_ character: Unicode.Scalar) throws(Fault) {
        guard peek() == UInt8(ascii: character) else {
            throw fault("expected '\(character)', got \(describeNext())")
        }
        offset += 1
    }

    /// Takes an object, calling back with each key when the cursor stands before its value.
    package mutating func object(
        _ member: (inout JSONCursor, _ key: String, _ keyOffset: Int) throws -> Void
    ) throws {
        try expect("{")
        if peek() == UInt8(ascii: "}") { return try expect("}") }
        while true {
            _ = peek()
            let keyOffset = offset
            let key = try string()
            try expect(":")
            try member(&self, key, keyOffset)
            guard peek() == UInt8(ascii: ",") else { return try expect("}") }
            try expect(",")
        }
    }

    /// Takes an array, calling back when the cursor stands before an element.
    package mutating func array(_ element: (inout JSONCursor) throws -> Void) throws {
        try expect("[")
        if peek() == UInt8(ascii: "]") { return try expect("]") }
        while true {
            try element(&self)
            guard peek() == UInt8(ascii: ",") else { return try expect("]") }
            try expect(",")
        }
    }

    /// Takes a string.
    package mutating func string() throws(Fault) -> String {
        try expect("\"")
        let start = offset
        while offset < text.count, text[offset] != UInt8(ascii: "\"") {
            guard text[offset] >= 0x20 else { throw fault("control character in a string") }
            if text[offset] == UInt8(ascii: "\\") { return try stringWithEscapes(from: start) }
            offset += 1
        }
        return try finishString(text[start..<offset], from: start)
    }

    /// Takes a whole number that is not negative.
    package mutating func count() throws(Fault) -> Int {
        _ = peek()
        let start = offset
        var value = 0
        while offset < text.count, case let digit = text[offset], (0x30...0x39).contains(digit) {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int(digit - 0x30))
            guard !overflow, !carry else { throw fault("number beyond 64 bits", at: start) }
            value = sum
            offset += 1
        }
        guard offset > start else {
            throw fault("expected a whole number that is not negative, got \(describeNext())")
        }
        if offset < text.count, [0x2E, 0x45, 0x65].contains(text[offset]) {
            throw fault("expected a whole number, got a fraction", at: start)
        }
        guard value == 0 ? offset == start + 1 : text[start] != 0x30 else {
            throw fault("number with leading zeros", at: start)
        }
        return value
    }

    /// Takes a value of any kind without keeping it.
    package mutating func skipValue(depth: Int = 0) throws {
        guard depth < Self.depthLimit else { throw fault("nested too deeply") }
        switch peek() {
        case UInt8(ascii: "{"):
            try object { cursor, _, _ in try cursor.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["): try array { cursor in try cursor.skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try string()
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
            try skipNumber()
        default:
            let words = ["true", "false", "null"]
            guard let word = words.first(where: { text[offset...].starts(with: $0.utf8) }) else {
                throw fault("expected a value, got \(describeNext())")
            }
            offset += word.utf8.count
        }
    }

    /// Takes a number of any size, as RFC 8259 writes it.
    private mutating func skipNumber() throws(Fault) {
        let start = offset
        if text[offset] == UInt8(ascii: "-") { offset += 1 }
        let isPadded =
            offset + 1 < text.count && text[offset] == UInt8(ascii: "0")
            && (0x30...0x39).contains(text[offset + 1])
        guard !isPadded else { throw fault("number with leading zeros", at: start) }
        try skipDigits(from: start)
        if offset < text.count, text[offset] == UInt8(ascii: ".") {
            offset += 1
            try skipDigits(from: start)
        }
        guard offset < text.count, "eE".utf8.contains(text[offset]) else { return }
        offset += 1
        if offset < text.count, "+-".utf8.contains(text[offset]) { offset += 1 }
        try skipDigits(from: start)
    }

    private mutating func skipDigits(from start: Int) throws(Fault) {
        let first = offset
        while offset < text.count, (0x30...0x39).contains(text[offset]) { offset += 1 }
        guard offset > first else { throw fault("number without digits", at: start) }
    }

    /// Checks that nothing but white space follows.
    package mutating func expectEnd() throws(Fault) {
        guard peek() == nil else { throw fault("expected the end, got \(describeNext())") }
    }

    /// A fault at a position, or where the cursor stands.
    package func fault(_ message: String, at position: Int? = nil) -> Fault {
        Fault(offset: position ?? offset, message: message)
    }

    private func describeNext() -> String {
        guard offset < text.count else { return "the end" }
        let byte = text[offset]
        guard (0x21...0x7E).contains(byte) else { return "byte 0x\(String(byte, radix: 16))" }
        return "'\(Unicode.Scalar(byte))'"
    }

    private mutating func finishString(
        _ utf8: some Collection<UInt8>, from start: Int
    ) throws(Fault) -> String {
        guard offset < text.count else { throw fault("string without an end", at: start) }
        offset += 1
        guard let string = String(validating: utf8, as: UTF8.self) else {
            throw fault("string is not UTF-8", at: start)
        }
        return string
    }

    private mutating func stringWithEscapes(from start: Int) throws(Fault) -> String {
        var utf8 = Array(text[start..<offset])
        while offset < text.count, text[offset] != UInt8(ascii: "\"") {
            let byte = text[offset]
            guard byte >= 0x20 else { throw fault("control character in a string") }
            offset += 1
            if byte == UInt8(ascii: "\\") {
                utf8.append(contentsOf: String(try escape()).utf8)
            } else {
                utf8.append(byte)
            }
        }
        return try finishString(utf8, from: start)
    }

    private mutating func escape() throws(Fault) -> Unicode.Scalar {
        guard offset < text.count else { throw fault("string without an end") }
        let letter = text[offset]
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return .init(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try escapedScalar()
        default: throw fault("unknown escape in a string", at: offset - 1)
        }
    }

    private mutating func escapedScalar() throws(Fault) -> Unicode.Scalar {
        let start = offset
        var value = try hexadecimal()
        if 0xD800..<0xDC00 ~= value, offset + 1 < text.count,
            text[offset] == UInt8(ascii: "\\"), text[offset + 1] == UInt8(ascii: "u")
        {
            offset += 2
            let low = try hexadecimal()
            guard 0xDC00..<0xE000 ~= low else { throw fault("half a character", at: start) }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw fault("half a character", at: start) }
        return scalar
    }

    private mutating func hexadecimal() throws(Fault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard offset < text.count,
                let digit = Character(Unicode.Scalar(text[offset])).hexDigitValue,
                text[offset] < 0x80
            else { throw fault("expected four hexadecimal digits") }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }
}
