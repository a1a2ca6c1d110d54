/// A piece of HTML that is well formed by construction.
///
/// Every element is closed, and every text and attribute escaped, so it is well-formed XML too.
struct Markup {
    let html: String

    /// Elements that have no content and no end tag.
    private static let voidElements: Set<String> = ["img", "meta"]

    private init(html: String) {
        self.html = html
    }

    /// An element with content.
    init(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
        @MarkupBuilder content: () throws -> [Markup]
    ) rethrows {
        var html = "<\(name)\(Self.written(attributes))>"
        for part in try content() { html += part.html }
        self.html = html + "</\(name)>"
    }

    /// An element without content.
    init(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        let start = "<\(name)\(Self.written(attributes))"
        html = start + (Self.voidElements.contains(name) ? "/>" : "></\(name)>")
    }

    /// A text; the characters that mean something to HTML are escaped.
    static func text(_ text: String) -> Markup { Markup(html: escaped(text)) }

    /// A style sheet, which must hold neither `<` nor `&`.
    static func style(_ css: String) -> Markup {
        guard !css.contains(where: { "<&".contains($0) }) else {
            fatalError("a style sheet with < or &: \(css)")
        }
        return Markup(html: "<style>\(css)</style>")
    }

    private static func written(_ attributes: KeyValuePairs<String, String>) -> String {
        attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            // Neither HTML nor XML allows these, not even escaped.
            case _ where scalar.value < 0x20 && !"\t\n\r".unicodeScalars.contains(scalar): break
            case "\u{FFFE}", "\u{FFFF}": break
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// Lets elements be written inside each other.
@resultBuilder enum MarkupBuilder {
    static func buildExpression(_ markup: Markup) -> [Markup] { [markup] }

    static func buildExpression(_ text: String) -> [Markup] { [.text(text)] }

    static func buildBlock(_ parts: [Markup]...) -> [Markup] { parts.flatMap { $0 } }

    static func buildOptional(_ part: [Markup]?) -> [Markup] { part ?? [] }

    static func buildEither(first part: [Markup]) -> [Markup] { part }

    static func buildEither(second part: [Markup]) -> [Markup] { part }

    static func buildArray(_ parts: [[Markup]]) -> [Markup] { parts.flatMap { $0 } }
}
