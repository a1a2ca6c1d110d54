internal import CEmbeddedData

/// HTML's named character references.
enum EntityTable {
    /// The text each name stands for; names that need a semicolon end with it.
    private static let values: [[Unicode.Scalar]: [Unicode.Scalar]] = {
        let text = eva_html5_entities()
        var values: [[Unicode.Scalar]: [Unicode.Scalar]] = [:]
        for line in DataLines(text) {
            let fields = line.split(separator: " ")
            values[Array(fields[0].unicodeScalars)] = fields.dropFirst().compactMap {
                UInt32($0, radix: 16).flatMap(Unicode.Scalar.init)
            }
        }
        return values
    }()

    /// What a name stands for, or nil.
    static func value(of name: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar]? {
        values[Array(name)]
    }

    /// The longest known name that a text begins with but does not consist of: its length, and
    /// what it stands for.
    static func longestPrefix(
        of text: ArraySlice<Unicode.Scalar>
    ) -> (length: Int, value: [Unicode.Scalar])? {
        guard text.count > 2 else { return nil }
        for length in (2..<text.count).reversed() {
            if let value = value(of: text.prefix(length)) { return (length, value) }
        }
        return nil
    }
}
