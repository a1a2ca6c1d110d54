internal import ArgumentParser
internal import EVAConfiguration
internal import EVAEvaluation
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import Foundation
internal import Torch

/// `evaclip classify`: which of some words describes a picture best.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify", abstract: "Classifies pictures by words.")

    @OptionGroup var model: ModelOptions

    @Option(parsing: .upToNextOption, help: "Pictures: files and folders.")
    var images: [String]

    @Option(
        parsing: .upToNextOption,
        help: "The words to choose from, or one file with a word or phrase a line.")
    var labels: [String]

    @Option(help: "A file of sentences with {} where the label goes.")
    var templates: String?

    private static let counts = FlagRange.from(1, to: 1e6)

    @Option(
        help: Self.counts.help("How many labels to show for each picture.", usual: 5),
        transform: Self.counts.integer)
    var top = 5

    @Flag(help: "Print JSON: one object a picture.")
    var json = false

    /// One picture's best labels.
    private struct Result: Encodable {
        struct Label: Encodable {
            let label: String
            let probability: Double
        }
        let image: String
        let labels: [Label]
    }

    func run() throws {
        let description = try model.describe()
        let input = try ImageInput(images)
        let words = try Self.words(labels)
        let sentences = try templates.map(TextInput.read) ?? ["a photo of a {}."]
        let prompts = try PromptSet(classNames: words, templates: sentences)
        let tokenize = try TextInput.tokenizer(for: description.configuration)
        let clip = try model.load(description, pictureCount: input.count)
        let encoder = FeatureEncoder(
            clip, computeDType: model.computeDType, batchSize: model.batchSize)
        let classifier = try ZeroShotClassifier(
            prompts, encoder: encoder, tokenize: tokenize)
        let scale = clip.logitScale.value.detached().exp().item()
        try input.forEachBatch(of: model.batchSize, for: description) { batch in
            // The classifier's logits are 100 cosines; the model's own factor gives probabilities.
            let logits = classifier.logits(try encoder.images(of: batch)) * (scale / 100)
            let best = logits.top(min(top, words.count))
            let probabilities = (best.values - logits.logSumExp(dimension: 1).unsqueezed(1))
                .exp().floats()
            let indices = best.indices.integers()
            let width = min(top, words.count)
            for (row, index) in batch.sampleIndices.enumerated() {
                try show(
                    Result(
                        image: input.paths[index],
                        labels: (0..<width).map { column in
                            Result.Label(
                                label: words[indices[row * width + column]],
                                probability: Double(probabilities[row * width + column]))
                        }))
            }
        }
    }

    /// The labels themselves, or those of the one file that is named.
    private static func words(_ labels: [String]) throws -> [String] {
        guard labels.count == 1 else { return labels }
        let looksLikePath =
            labels[0].contains("/") || [".txt", ".json"].contains { labels[0].hasSuffix($0) }
        let isFile = FileManager.default.fileExists(atPath: labels[0])
        return isFile || looksLikePath ? try TextInput.read(labels[0]) : labels
    }

    private func show(_ result: Result) throws {
        guard json else {
            Console.result(result.image)
            for label in result.labels {
                Console.result(
                    String(format: "  %6.2f %%  ", label.probability * 100) + label.label)
            }
            return
        }
        try Console.result(json: result)
    }
}
