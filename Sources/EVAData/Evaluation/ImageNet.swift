internal import CEmbeddedData

/// ImageNet's thousand classes and the sentences for them, as CLIP is evaluated with.
public enum ImageNet {
    /// A class.
    public struct Class: Sendable, Equatable {
        /// The id of its meaning in WordNet, which names its folder: `n` and eight digits.
        public let wordNetID: String
        /// The name that OpenAI chose for CLIP's prompts.
        public let name: String
    }

    /// The classes in the order of their WordNet ids, which is that of their labels.
    public static let classes: [Class] = lines(of: eva_imagenet_classes()).map { line in
        let words = line.split(separator: " ", maxSplits: 1)
        return Class(wordNetID: String(words[0]), name: String(words[1]))
    }

    /// The 80 sentences with `{}` where the name of a class goes.
    public static let templates: [String] = lines(of: eva_imagenet_templates())

    /// The name of the class that a folder stands for.
    ///
    /// - Parameter folder: A WordNet id, or a class's name; of names, letters and digits count,
    ///   in upper or lower case.
    /// - Returns: The class's name; nil where no class is meant.
    public static func className(ofFolder folder: String) -> String? {
        names[folder] ?? names[plain(folder)]
    }

    /// Names by id, and by their own plain form, which no id looks like.
    private static let names = Dictionary(
        classes.flatMap { [($0.wordNetID, $0.name), (plain($0.name), $0.name)] },
        uniquingKeysWith: { first, _ in first })

    /// Words in lower case, apart by one space.
    private static func plain(_ name: String) -> String {
        name.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
    }

    private static func lines(of text: eva_embedded_text) -> [String] {
        UnsafeBufferPointer(start: text.bytes, count: text.length)
            .split(separator: UInt8(ascii: "\n"))
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
