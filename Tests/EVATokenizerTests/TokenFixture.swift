import Foundation

/// Texts and the tokens that the original programs made of them.
struct TokenCase: Decodable, Sendable {
    let text: String
    let ids: [Int32]

    /// 200 texts, cut or filled to 77 tokens, from PaddleMIX, open_clip and the original EVA-CLIP,
    /// which agree.
    static func published() throws -> [TokenCase] {
        try read("published_tokens")
    }

    /// 300 texts of any length, 72 of them by hand and the others drawn at random: mojibake,
    /// character references, controls, marks, emoji.
    ///
    /// Their tokens are from the reference's steps put together anew: ftfy 6.3.1, `html` and
    /// `str.lower` of Python 3.11, regex 2026.11.15. Unicode 14 knows all the characters.
    static func awkward() throws -> [TokenCase] {
        try read("awkward_tokens")
    }

    private static func read(_ name: String) throws -> [TokenCase] {
        struct Missing: Error { let name: String }
        guard
            let url = Bundle.module.url(
                forResource: name, withExtension: "json", subdirectory: "Fixtures")
        else { throw Missing(name: name) }
        return try JSONDecoder().decode([TokenCase].self, from: Data(contentsOf: url))
    }

    /// The cases for which `encode` gives other tokens.
    static func differing(
        _ cases: [TokenCase], encode: (TokenCase) -> [Int32]
    ) -> [TokenCase] {
        cases.filter { encode($0) != $0.ids }
    }
}
