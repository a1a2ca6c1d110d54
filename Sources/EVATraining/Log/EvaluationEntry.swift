/// What is logged of an evaluation in the course of training; one line of `eval.jsonl`.
package struct EvaluationEntry: Codable, Sendable, Equatable {
    /// Optimizer steps that the evaluated weights have had.
    package let step: Int
    /// Percent of the pictures that were right.
    package let top1: Double
    /// Percent of the pictures whose class was among the first five.
    package let top5: Double
    package let images: Int
    package let classes: Int
    package let seconds: Double
}
