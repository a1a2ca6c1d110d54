import EVAConfiguration
import EVAEvaluation
import EVAModels
import EVATestSupport
import Testing
import Torch

/// A tiny model with the original's weights, and a tokenizer for its vocabulary of 512.
enum TinyModel {
    static let vocabularySize: Int32 = 512

    static func load(_ family: String = "b_eva02b") throws -> CLIP {
        let configuration = try ModelConfiguration(
            json: Fixtures.bytes("rei/\(family).rei.json"), source: family)
        let clip = CLIP(configuration, device: .cpu)
        try clip.loadWeights(from: Fixtures.tensors("rei/\(family).weights.safetensors"))
        return clip
    }

    /// A token a byte between two marks, uncut; the end mark is the largest id.
    static func tokenize(_ text: String) -> [Int32] {
        [vocabularySize - 2] + text.utf8.map { Int32($0) + 1 } + [vocabularySize - 1]
    }

    /// Three classes with names and templates of several lengths.
    static func prompts() throws -> PromptSet {
        try PromptSet(
            classNames: ["cat", "a very old dog", "zebra"],
            templates: ["{}", "a {}.", "my {} in {} town", "pic: {}"])
    }
}
