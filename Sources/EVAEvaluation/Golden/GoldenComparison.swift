internal import Foundation

/// How far a model's features lie from those that were stored with it.
package struct GoldenComparison: Sendable {
    /// The features of one kind.
    package struct Distance: Sendable {
        /// The largest absolute difference of a number; features are unit vectors.
        package let largestDifference: Float
        /// The smallest cosine between a feature and the stored one.
        package let leastCosine: Float

        init(_ actual: [Float], _ expected: [Float], width: Int) {
            largestDifference = zip(actual, expected).map { abs($0 - $1) }.max() ?? 0
            leastCosine =
                stride(from: 0, to: actual.count, by: width).map { start in
                    (start..<start + width).reduce(Float(0)) { $0 + actual[$1] * expected[$1] }
                }.min() ?? 0
        }
    }

    package let images: Distance
    package let texts: Distance
    /// The absolute difference of the logit scales.
    package let logitScale: Float
    /// Whether both sides have the same numbers and compute in fp32, so that only the order of sums
    /// may differ.
    package let isExact: Bool

    /// fp32 features against those of the same weights (docs/decisions/0008).
    private static let differenceLimit: Float = 1e-5
    /// Features of weights or products of 16 bits against those of fp32.
    private static let cosineLimit: Float = 0.999
    /// The logarithm of the factor that makes logits of cosines, in 16 bits.
    private static let roundedScaleLimit: Float = 0.02

    /// What lies beyond its limit, a line each; empty when all is as it was.
    package var problems: [String] {
        var problems: [String] = []
        for (name, distance) in [("image", images), ("text", texts)] {
            if isExact, !(distance.largestDifference <= Self.differenceLimit) {
                problems.append(
                    "the \(name) features differ from the stored ones by "
                        + "\(distance.largestDifference), more than \(Self.differenceLimit)")
            } else if !(distance.leastCosine >= Self.cosineLimit) {
                problems.append(
                    "the \(name) features have a cosine of \(distance.leastCosine) with the "
                        + "stored ones, less than \(Self.cosineLimit)")
            }
        }
        let limit = isExact ? Self.differenceLimit : Self.roundedScaleLimit
        if !(logitScale <= limit) {
            problems.append(
                "the logit scale differs from the stored one by \(logitScale), more than \(limit)")
        }
        return problems
    }

    /// The figures in a few words.
    package var summary: String {
        guard isExact else {
            let least = min(images.leastCosine, texts.leastCosine)
            return String(format: "least cosine %.6f, at least %.3f", least, Self.cosineLimit)
        }
        let largest = max(images.largestDifference, texts.largestDifference)
        return String(
            format: "largest difference %.1e, at most %.0e", largest, Self.differenceLimit)
    }
}
