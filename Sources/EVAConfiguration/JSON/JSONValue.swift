/// A JSON document as a value.
///
/// Integers stay integers and booleans stay booleans.
package indirect enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The value in words, for an error text.
    package var summary: String {
        switch self {
        case .null: "null"
        case .bool(let value): "the boolean \(value)"
        case .integer(let value): "the integer \(value)"
        case .number(let value): "the number \(value)"
        case .string(let value): "the string \"\(value.prefix(60))\""
        case .array(let values): "an array of \(values.count)"
        case .object(let members): "an object of \(members.count) keys"
        }
    }
}

extension JSONValue {
    /// The document with sorted keys, two spaces of indentation and a final newline.
    package func encoded() -> String {
        var text = ""
        write(to: &text, indentation: "")
        return text + "\n"
    }

    private func write(to text: inout String, indentation: String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += "\(value)"
        case .number(let value): text += "\(value)"
        case .string(let value): text += Self.quoted(value)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                text += index == 0 ? "" : ", "
                value.write(to: &text, indentation: indentation)
            }
            text += "]"
        case .object(let members) where members.isEmpty: text += "{}"
        case .object(let members):
            let inner = indentation + "  "
            text += "{"
            for (index, key) in members.keys.sorted().enumerated() {
                text += (index == 0 ? "\n" : ",\n") + inner + Self.quoted(key) + ": "
                members[key]?.write(to: &text, indentation: inner)
            }
            text += "\n" + indentation + "}"
        }
    }

    private static func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
