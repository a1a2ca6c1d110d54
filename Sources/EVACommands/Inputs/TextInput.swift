internal import EVAConfiguration
internal import EVAData
internal import EVATokenizer
internal import EVATraining
internal import Foundation

/// A file of texts: one a line, or a JSON array of strings.
enum TextInput {
    /// The texts as a model takes them.
    ///
    /// - Throws: `DataError` for a model that does not know all of the tokenizer's tokens.
    static func tokenizer(for model: ModelConfiguration) throws -> (String) -> [Int32] {
        let tokenizer = try CLIPTokenizer.published()
        try TokenVocabulary.check(model, against: tokenizer)
        return { tokenizer.encode($0, contextLength: model.text.contextLength) }
    }

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
            texts = TextLines.of(text).map(String.init)
        }
        guard !texts.isEmpty else { throw DataError(path, "holds no text") }
        return texts
    }
}
