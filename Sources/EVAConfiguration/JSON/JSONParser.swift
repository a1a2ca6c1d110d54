package import Foundation

/// Reads JSON (RFC 8259) strictly and says where it is broken.
///
/// Foundation's reader neither tells booleans from numbers on every platform nor reports a key that is
/// given twice, and both are mistakes that people make in configuration files.
package struct JSONParser {
    private let bytes: [UInt8]
    private let source: String
    private var position = 0

    /// Nesting beyond this is refused, so that no file can exhaust the stack.
    private static let depthLimit = 128

    /// Reads a whole document.
    ///
    /// - Parameters:
    ///   - data: The document, in UTF-8.
    ///   - source: Where it came from, for the error text.
    /// - Returns: Its value.
    /// - Throws: `ConfigurationError` with line, column and byte of the first fault.
    package static func parse(_ data: Data, source: String) throws -> JSONValue {
        var parser = JSONParser(bytes: Array(data), source: source)
        if parser.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        if parser.position < parser.bytes.count {
            throw parser.fault("text after the end of the JSON document")
        }
        return value
    }

    private init(bytes: [UInt8], source: String) {
        self.bytes = bytes
        self.source = source
    }

    private func fault(_ message: String) -> ConfigurationError {
        let before = bytes[..<min(position, bytes.count)]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return ConfigurationError(
            source: source,
            message: "not valid JSON: line \(line), column \(position - lineStart + 1) "
                + "(byte \(position)): \(message)")
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { position += 1 }
    }

    /// Takes the next byte if it is `character`.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth < Self.depthLimit else {
            throw fault("nested deeper than \(Self.depthLimit) levels")
        }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
            return try number()
        case UInt8(ascii: "'"): throw fault("strings need double quotes")
        case nil: throw fault("the document ends where a value is expected")
        default: throw fault("a value is expected here")
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws -> JSONValue {
        guard bytes[position...].starts(with: text.utf8) else {
            throw fault("a value is expected here (the words are true, false and null)")
        }
        position += text.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        var members: [String: JSONValue] = [:]
        position += 1
        skipSpace()
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else {
                throw fault("a key in double quotes is expected here")
            }
            let keyPosition = position
            let key = try string()
            skipSpace()
            guard take(":") else { throw fault("a colon is expected after the key \"\(key)\"") }
            let member = try value(depth: depth + 1)
            guard members.updateValue(member, forKey: key) == nil else {
                position = keyPosition
                throw fault("the key \"\(key)\" is given twice")
            }
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw fault("a comma or } is expected here") }
        }
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        var values: [JSONValue] = []
        position += 1
        skipSpace()
        if take("]") { return .array(values) }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(values) }
            guard take(",") else { throw fault("a comma or ] is expected here") }
        }
    }

    private mutating func number() throws -> JSONValue {
        let start = position
        let characters = "0123456789+-.eE".utf8
        while let byte = current, characters.contains(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if text.wholeMatch(of: /-?(0|[1-9][0-9]*)/) != nil, let value = Int(text) {
            return .integer(value)
        }
        if text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) != nil,
            let value = Double(text), value.isFinite, text.contains(where: { ".eE".contains($0) })
        {
            return .number(value)
        }
        position = start
        throw fault("\"\(text.prefix(40))\" is not a number that can be read")
    }

    private mutating func string() throws -> String {
        var text: [UInt8] = []
        let start = position
        position += 1
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    position = start
                    throw fault("the string is not valid UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text += try escape().utf8
            case 0..<0x20:
                position -= 1
                throw fault("a control character or line break inside a string")
            default: text.append(byte)
            }
        }
        position = start
        throw fault("the string that starts here does not end")
    }

    private mutating func escape() throws -> String {
        let letter = current
        position += 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default:
            position -= 2
            throw fault("an unknown escape sequence")
        }
    }

    private mutating func unicodeEscape() throws -> String {
        var units = [try hexUnit()]
        if (0xD800..<0xDC00).contains(units[0]),
            bytes[min(position, bytes.count)...].starts(with: "\\u".utf8)
        {
            position += 2
            units.append(try hexUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw fault("a \\u escape that is half of a surrogate pair")
        }
        return text
    }

    private mutating func hexUnit() throws -> UInt16 {
        let digits = bytes[min(position, bytes.count)..<min(position + 4, bytes.count)]
        let text = String(decoding: digits, as: UTF8.self)
        guard digits.count == 4, !text.hasPrefix("+"), let unit = UInt16(text, radix: 16) else {
            throw fault("four hexadecimal digits are expected after \\u")
        }
        position += 4
        return unit
    }
}
