/// Splits cleaned text into the pieces that are encoded on their own.
///
/// A piece is a special token written out, an English contraction such as `'ll`, a run of letters,
/// a single number, or a run of anything else that is not white space. At each place the first of
/// these that fits is taken.
struct PieceScanner {
    enum Piece {
        case word(UnsafeBufferPointer<UInt8>)
        case startOfText
        case endOfText
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// Scans lower-case, well-formed UTF-8.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    mutating func next() -> Piece? {
        while position < text.count {
            let start = position
            let (kind, length) = scalar(at: position)
            switch kind {
            case .separator:
                position += length
                continue
            case .number:
                position += length
            case .letter:
                skip(.letter)
            case .other:
                switch text[start] {
                case UInt8(ascii: "<"):
                    if let special = special() { return special }
                    skip(.other)
                case UInt8(ascii: "'"):
                    if let end = contractionEnd() { position = end } else { skip(.other) }
                default:
                    skip(.other)
                }
            }
            return .word(UnsafeBufferPointer(rebasing: text[start..<position]))
        }
        return nil
    }

    /// Moves behind all scalars of one kind.
    private mutating func skip(_ kind: ScalarKind) {
        while position < text.count {
            let (found, length) = scalar(at: position)
            guard found == kind else { return }
            position += length
        }
    }

    private static let startMark: StaticString = "<start_of_text>"
    private static let endMark: StaticString = "<end_of_text>"

    /// A special token at the present position, which is passed.
    private mutating func special() -> Piece? {
        if let end = end(of: Self.endMark) {
            position = end
            return .endOfText
        }
        guard let end = end(of: Self.startMark) else { return nil }
        let piece = text[position..<end]
        position = end
        // With a long s the split still takes it for one piece, but it is not the token.
        return piece.count == Self.startMark.utf8CodeUnitCount
            ? .startOfText : .word(UnsafeBufferPointer(rebasing: piece))
    }

    private static let contractions: [StaticString] = [
        "'s", "'t", "'re", "'ve", "'m", "'ll", "'d",
    ]

    /// Where a contraction at the present position ends, or nil.
    private func contractionEnd() -> Int? {
        for contraction in Self.contractions {
            if let end = end(of: contraction) { return end }
        }
        return nil
    }

    /// Where a literal that begins at the present position ends, or nil.
    ///
    /// The reference ignores case, and U+017F, the long s, is a lower-case letter whose capital is
    /// S. No other character but the letters themselves is equal to one of the literals' letters.
    private func end(of literal: StaticString) -> Int? {
        var position = position
        for byte in UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        {
            guard position < text.count else { return nil }
            if text[position] == byte {
                position += 1
            } else if byte == UInt8(ascii: "s"), text[position] == 0xC5,
                position + 1 < text.count, text[position + 1] == 0xBF
            {
                position += 2
            } else {
                return nil
            }
        }
        return position
    }

    /// The kind of the scalar at a position, and its length in bytes.
    private func scalar(at position: Int) -> (ScalarKind, length: Int) {
        let byte = text[position]
        guard byte >= 0x80 else { return (ScalarKind(ascii: byte), 1) }
        let (scalar, length) = text.scalar(at: position)
        return (ScalarKind(scalar), length)
    }
}
