import EVAEvaluation

/// Reads a page as strictly as XML is to be read: Foundation's reader mends what is broken.
struct StrictPage {
    /// How often each element occurs.
    private(set) var names: [String: Int] = [:]
    /// What the attributes say that could lead to another file.
    private(set) var references: [String] = []
    /// The text outside of tags.
    private(set) var text = ""

    /// - Throws: an error at the first tag that is not closed in its place, attribute without
    ///   quotes, or character that ought to be escaped.
    init(_ html: String) throws {
        var open: [String] = []
        let parts = html.split(separator: "<", omittingEmptySubsequences: false)
        guard parts.first?.isEmpty == true, parts.count > 2, parts[1].hasPrefix("!DOCTYPE html>")
        else { throw EvaluationError("a page that does not begin with its type") }
        for part in parts.dropFirst(2) {
            guard
                let match = try /(\/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)(\/?)>([^>]*)/
                    .dotMatchesNewlines().ignoresCase().wholeMatch(in: part)
            else { throw EvaluationError("a faulty tag: <\(part)") }
            let name = String(match.2)
            if match.1.isEmpty {
                names[name, default: 0] += 1
                for attribute in match.3.matches(of: /([A-Za-z-]+)="([^"]*)"/) {
                    let value = try Self.unescaped(attribute.2)
                    if ["src", "href", "action", "data"].contains(attribute.1) {
                        references.append(value)
                    }
                }
                if match.4.isEmpty { open.append(name) }
            } else {
                guard open.popLast() == name else {
                    throw EvaluationError("</\(name)> closes another element")
                }
            }
            text += try Self.unescaped(match.5)
        }
        guard open.isEmpty else { throw EvaluationError("left open: \(open)") }
    }

    private static func unescaped(_ text: Substring) throws -> String {
        let parts = text.split(separator: "&", omittingEmptySubsequences: false)
        return try String(parts[0])
            + parts.dropFirst().map { part in
                for (name, character) in ["amp": "&", "lt": "<", "gt": ">", "quot": "\""]
                where part.hasPrefix(name + ";") {
                    return character + part.dropFirst(name.count + 1)
                }
                throw EvaluationError("a bare ampersand: &\(part)")
            }.joined()
    }
}
