/// The status and the header fields of a server's answer.
package struct HTTPHead: Sendable {
    /// Such as 200; 0 before any answer.
    package private(set) var status = 0
    private var fields: [String: String] = [:]

    package init() {}

    /// Reads the lines of a whole head.
    init(lines: String) {
        for line in lines.split(whereSeparator: \.isNewline) { take(String(line)) }
    }

    /// Takes in a line; a status line starts anew.
    private mutating func take(_ line: String) {
        if line.hasPrefix("HTTP/") {
            let words = line.split(separator: " ")
            self = HTTPHead()
            status = words.count > 1 ? Self.digits(words[1]) ?? 0 : 0
        } else if let colon = line.firstIndex(of: ":") {
            var value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            while value.last == " " || value.last == "\t" { value.removeLast() }
            fields[line[..<colon].lowercased()] = String(value)
        }
    }

    /// Whether what follows is the file, or a part of it.
    package var hasContent: Bool { status == 200 || status == 206 }

    /// The value of a field, by its name in lower case.
    package subscript(name: String) -> String? { fields[name] }

    /// A field that holds a whole number of bytes.
    package func count(_ name: String) -> Int? { fields[name].flatMap(Self.digits) }

    /// `Content-Range: bytes FIRST-LAST/TOTAL`: the first byte sent and the length of the whole.
    ///
    /// nil for a range that contradicts itself, too.
    package var contentRange: (first: Int, total: Int?)? {
        guard let text = fields["content-range"], text.lowercased().hasPrefix("bytes ") else {
            return nil
        }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.digits(ends[0]), let last = Self.digits(ends[1]),
            first <= last
        else { return nil }
        if parts[1] == "*" { return (first, nil) }
        guard let total = Self.digits(parts[1]), last < total else { return nil }
        return (first, total)
    }

    /// A number that consists of nothing but digits, and is no larger than `Int.max`.
    private static func digits(_ text: some StringProtocol) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}
