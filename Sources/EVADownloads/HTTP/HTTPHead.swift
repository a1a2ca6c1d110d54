/// The status and the header fields of a server's answer.
struct HTTPHead {
    /// Such as 200; 0 before any answer.
    private(set) var status = 0
    private var fields: [String: String] = [:]

    /// Takes in a line; a status line starts anew.
    mutating func take(_ line: String) {
        let line = line.filter { !$0.isNewline }
        if line.hasPrefix("HTTP/") {
            let words = line.split(separator: " ")
            self = HTTPHead()
            status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields[line[..<colon].lowercased()] = String(value)
        }
    }

    /// The value of a field, by its name in lower case.
    subscript(name: String) -> String? { fields[name] }

    /// A field that holds a whole number of bytes.
    func count(_ name: String) -> Int? {
        fields[name].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// `Content-Range: bytes FIRST-LAST/TOTAL`: the first byte sent and the length of the whole.
    var contentRange: (first: Int, total: Int?)? {
        guard let text = fields["content-range"], text.lowercased().hasPrefix("bytes ") else {
            return nil
        }
        let parts = text.dropFirst(6).split(separator: "/", maxSplits: 1)
        guard parts.count == 2,
            let first = parts[0].split(separator: "-").first.flatMap({ Int($0) })
        else { return nil }
        return (first, Int(parts[1]))
    }
}
