/// Repairs text that went through programs which mistook its encoding or its markup.
///
/// Gives the results of `fix_text` of the Python package ftfy 6.3 with its default settings, with
/// which the reference tokenizer begins.
enum TextRepair {
    /// Longer lines are repaired in parts of this many scalars.
    private static let segmentLimit = 1_000_000

    /// Repairs text line by line.
    ///
    /// From the line with the first `<` on everything is taken for markup, whose character
    /// references stay.
    static func repaired(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var isMarkup = false
        var rest = text[...]
        while !rest.isEmpty {
            let part = rest.prefix(segmentLimit)
            let end = part.firstIndex(of: "\n").map { $0 + 1 } ?? part.endIndex
            let segment = Array(rest[..<end])
            rest = rest[end...]
            isMarkup = isMarkup || segment.contains("<")
            result += repairedSegment(segment, isMarkup: isMarkup)
        }
        return result
    }

    /// Layers of references that are replaced one at a time.
    ///
    /// Each is followed by the other repairs, as in the reference. Nobody's text is nested deeper but what was made to be; its layers go at
    /// once, since each would cost a walk through the text.
    private static let usualLayers = 8

    /// Applies every repair in turn until none changes anything.
    private static func repairedSegment(
        _ segment: [Unicode.Scalar], isMarkup: Bool
    ) -> [Unicode.Scalar] {
        var text = segment
        var layers = 0
        while true {
            let before = text
            if !isMarkup {
                layers += 1
                text =
                    layers <= usualLayers
                    ? CharacterReferences.unambiguousReplaced(in: text)
                    : CharacterReferences.unambiguousReplacedThroughout(in: text)
            }
            text = EncodingRepair.repaired(text)
            text = CharacterRepair.repaired(text)
            text = CanonicalComposition.composed(text)
            if text == before { return text }
        }
    }
}
