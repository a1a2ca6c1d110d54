package import EVAEvaluation
internal import Foundation

/// What is logged of an evaluation in the course of training; one line of `eval.jsonl`.
package struct EvaluationEntry: Codable, Sendable, Equatable {
    /// Optimizer steps that the evaluated weights have had.
    package let step: Int
    /// The figures by name, such as `top1` and `image_retrieval_recall@5`; see
    /// `EvaluationResults.figures`.
    package let figures: [String: Double]

    private static let stepKey = "step"

    /// What goes before the names of the averaged weights' figures.
    private static let averagePrefix = "ema_"

    /// - Parameter average: the results of the averaged weights, whose figures stand beside the
    ///   others as `ema_top1` and so on.
    package init(step: Int, _ results: EvaluationResults, average: EvaluationResults? = nil) {
        self.step = step
        let averaged = (average?.figures ?? [:]).map { (Self.averagePrefix + $0, $1) }
        figures = results.figures.merging(averaged) { $1 }
    }

    package init(from decoder: any Decoder) throws {
        var figures = try [String: Double](from: decoder)
        guard let step = figures.removeValue(forKey: Self.stepKey).flatMap(Int.init(exactly:))
        else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no step"))
        }
        self.step = step
        self.figures = figures
    }

    package func encode(to encoder: any Encoder) throws {
        try figures.merging([Self.stepKey: Double(step)]) { $1 }.encode(to: encoder)
    }

    /// The main figures as words for a person.
    package var summary: String {
        let average = summary(prefix: Self.averagePrefix)
        return summary(prefix: "") + (average.isEmpty ? "" : "; averaged weights: " + average)
    }

    private func summary(prefix: String) -> String {
        let percent = { (name: String, factor: Double) in
            (figures[prefix + name].map { $0 * factor }).map { String(format: "%.2f %%", $0) }
        }
        var parts: [String] = []
        if let top1 = percent("top1", 1), let top5 = percent("top5", 1) {
            let images = Int(figures["images"] ?? 0)
            let classes = Int(figures["classes"] ?? 0)
            parts.append("top-1 \(top1), top-5 \(top5) of \(images) pictures, \(classes) classes")
        }
        if let image = percent("image_retrieval_recall@1", 100),
            let text = percent("text_retrieval_recall@1", 100)
        {
            parts.append("recall at 1: text to image \(image), image to text \(text)")
        }
        return parts.joined(separator: "; ")
    }
}
