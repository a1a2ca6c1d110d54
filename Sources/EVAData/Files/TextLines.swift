/// The lines of a text as Python's files give them: LF, CRLF and CR end one, and nothing else does.
///
/// Swift's own notion of a new line has U+2028 and the like too, which occur inside captions and names.
package enum TextLines {
    /// The lines without their ends; a text that ends in a line's end has no empty one after it.
    package static func of(_ text: String) -> [Substring] {
        var lines: [Substring] = []
        // By scalars: CRLF is one character.
        let scalars = text.unicodeScalars
        var start = scalars.startIndex
        var position = start
        while position < scalars.endIndex {
            let scalar = scalars[position]
            var next = scalars.index(after: position)
            if scalar == "\n" || scalar == "\r" {
                lines.append(text[start..<position])
                if scalar == "\r", next < scalars.endIndex, scalars[next] == "\n" {
                    next = scalars.index(after: next)
                }
                start = next
            }
            position = next
        }
        if start < scalars.endIndex { lines.append(text[start...]) }
        return lines
    }
}
