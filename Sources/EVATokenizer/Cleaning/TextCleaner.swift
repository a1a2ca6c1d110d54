/// The cleaning that comes before the split into words.
///
/// In this order: broken text is repaired, character references are replaced twice over, white
/// space becomes single spaces, and letters become lower case.
enum TextCleaner {
    /// Cleans UTF-8 text, and returns the same.
    static func cleaned(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let scalars = cleaned(Array(String(decoding: text, as: UTF8.self).unicodeScalars))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(scalars.count)
        for scalar in scalars {
            bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
        return bytes
    }

    static func cleaned(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let repaired = TextRepair.repaired(text)
        let unescaped = CharacterReferences.replaced(in: CharacterReferences.replaced(in: repaired))
        return Lowercase.lowercased(singleSpaced(unescaped))
    }

    /// Makes a space of every run of white space, and drops it at both ends.
    private static func singleSpaced(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        Array(text.split { $0.isPythonSpace }.joined(separator: [" "]))
    }
}
