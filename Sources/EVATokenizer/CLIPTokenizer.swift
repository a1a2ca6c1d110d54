/// CLIP's tokenizer: a caption is cleaned, split into words, and each word encoded as byte pairs.
///
/// Token for token the tokenizer of the published EVA-CLIP weights, repairs of broken text
/// included. One value may be used from any number of threads at once.
public struct CLIPTokenizer: Sendable {
    private let vocabulary: Vocabulary

    init(vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
    }

    private static let shared = Result { try CLIPTokenizer(vocabulary: .published()) }

    /// The tokenizer of the published vocabulary, which is part of the program.
    ///
    /// The first call builds its tables; later calls return the same ones.
    ///
    /// - Throws: `VocabularyError` if the data the program was built with is damaged.
    public static func published() throws -> CLIPTokenizer {
        try shared.get()
    }

    /// The number of different tokens, 49,408.
    public var vocabularySize: Int { vocabulary.count }

    /// The token that opens every encoded text.
    public var startOfText: Int32 { vocabulary.startOfText }

    /// The token that closes every encoded text, and the largest of all.
    public var endOfText: Int32 { vocabulary.endOfText }

    /// Encodes a text of any length.
    ///
    /// - Parameter text: What to encode; its special tokens, written out, count as such.
    /// - Returns: `startOfText`, the text's tokens, `endOfText`.
    public func encode(_ text: String) -> [Int32] {
        encode(text, atMost: .max)
    }

    /// Encodes a text for a model that reads a fixed number of tokens.
    ///
    /// - Parameters:
    ///   - text: What to encode; its special tokens, written out, count as such.
    ///   - contextLength: The number of tokens to return.
    /// - Returns: `contextLength` tokens. A longer text is cut and keeps `endOfText` as its last
    ///   token; a shorter one is followed by zeros.
    public func encode(_ text: String, contextLength: Int) -> [Int32] {
        guard contextLength > 0 else { return [] }
        var tokens = encode(text, atMost: contextLength)
        if tokens.count > contextLength {
            tokens.removeSubrange(contextLength...)
            tokens[contextLength - 1] = endOfText
        } else {
            tokens.append(contentsOf: repeatElement(0, count: contextLength - tokens.count))
        }
        return tokens
    }

    /// The encoded text; once there are more than `limit` tokens the rest of it is not looked at.
    private func encode(_ text: String, atMost limit: Int) -> [Int32] {
        var text = text
        return text.withUTF8 { bytes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { cleaned in
                if PlainText.lowercase(bytes, into: cleaned) {
                    return tokens(of: UnsafeBufferPointer(cleaned), atMost: limit)
                }
                return TextCleaner.cleaned(bytes).withUnsafeBufferPointer {
                    tokens(of: $0, atMost: limit)
                }
            }
        }
    }

    private func tokens(of cleaned: UnsafeBufferPointer<UInt8>, atMost limit: Int) -> [Int32] {
        var tokens: [Int32] = []
        tokens.reserveCapacity(min(limit, cleaned.count / 3) + 2)
        tokens.append(startOfText)
        var encoder = WordEncoder(vocabulary: vocabulary)
        var pieces = PieceScanner(cleaned)
        while tokens.count <= limit, let piece = pieces.next() {
            switch piece {
            case .word(let word): encoder.encode(word, into: &tokens)
            case .startOfText: tokens.append(startOfText)
            case .endOfText: tokens.append(endOfText)
            }
        }
        tokens.append(endOfText)
        return tokens
    }
}
