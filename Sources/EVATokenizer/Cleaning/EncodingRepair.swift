/// Undoes mojibake: UTF-8 that was read in an encoding of one byte a character.
enum EncodingRepair {
    /// Repairs a text, as often as it was broken.
    static func repaired(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var text = text
        while let better = improved(text), better != text {
            text = better
        }
        return text
    }

    /// The encodings that text is mistaken for, in the order they are tried.
    private static let encodings: [SingleByteEncoding] = [
        .latin1, .windows1252, .windows1251, .windows1250, .windows1253, .windows1254,
        .windows1257, .latin2, .macRoman, .codePage437,
    ]

    /// A text with one layer of mojibake less, or nil if there is nothing to be done.
    private static func improved(_ text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        guard MojibakeDetector.isSuspicious(text) else { return nil }
        for encoding in encodings {
            guard var bytes = encoding.encoded(text) else { continue }
            // Mac OS Roman has the en dash at 0xD0, and that stands before spaces rightly.
            if encoding.decoded(0xD0) != "\u{2013}" {
                bytes = UTF8Repair.noBreakSpacesRestored(bytes)
            }
            if encoding.writesReplacements {
                bytes = UTF8Repair.lossReplaced(bytes)
            }
            if let decoded = UTF8Repair.decoded(bytes) { return decoded }
        }
        let parts = MojibakeDetector.replacingSequences(in: text) { sequence in
            sequence.count < text.count && MojibakeDetector.isSuspicious(sequence)
                ? repaired(sequence) : sequence
        }
        return parts == text ? withoutControls(text) : parts
    }

    /// Reads C1 control characters as windows-1252.
    ///
    /// Where all of a text could be Latin-1 and its controls have a meaning there, the reference
    /// does this in a step of its own; the result is the same.
    private static func withoutControls(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.map { scalar in
            0x80...0x9F ~= scalar.value
                ? SingleByteEncoding.windows1252.decoded(UInt8(scalar.value)) : scalar
        }
    }
}
