internal import EVAData
internal import Foundation

/// A file of texts: one a line, or a JSON array of strings.
enum TextInput {
    static func read(_ path: String) throws -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw DataError(path, "no such file, or it cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw DataError(path, "is not UTF-8 text; save it as UTF-8")
        }
        let texts: [String]
        if text.first(where: { !$0.isWhitespace }) == "[" {
            do {
                texts = try JSONDecoder().decode([String].self, from: data)
            } catch {
                throw DataError(path, "begins with '[' but is no JSON array of strings")
            }
        } else {
            var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            if lines.last == "" { lines.removeLast() }
            texts = lines.map(String.init)
        }
        guard !texts.isEmpty else { throw DataError(path, "holds no text") }
        return texts
    }
}
