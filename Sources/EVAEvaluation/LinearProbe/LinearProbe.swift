internal import Foundation
internal import Torch

/// How well classes can be told apart by a linear classifier on features that stay as they are.
///
/// As in CLIP's paper (Radford et al., arXiv 2103.00020, A.3): logistic regression by L-BFGS with
/// 1000 iterations at most. The strength of its penalty is the one of 97 from 1e-6 to 1e6, eight a
/// power of ten, that is best on held-out training samples: seven are tried
/// first, a hundredfold apart, then the neighbours of the best at half the distance, and so on. The final classifier is
/// fitted to all training samples.
package struct LinearProbe {
    /// What was found.
    package struct Result {
        /// How the classes of the evaluated samples rank.
        package let tally: ClassificationTally
        /// The strength of the penalty.
        package let l2: Double
        /// How many samples were held out to choose it; 0 where it was given.
        package let heldOutCount: Int
        /// The share of these that was right.
        package let heldOutTop1: Double?
        /// Steps of the final fit.
        package let iterations: Int
        /// Whether the final fit reached its minimum.
        package let converged: Bool
    }

    /// Of each class, one sample in so many is held out.
    private static let heldOutShare = 5
    /// Strengths are `10 ^ (place / placesPerDecade)`.
    private static let placesPerDecade = 8
    private static let lastPlace = 6 * placesPerDecade

    private let classCount: Int
    private let l2: Double?

    /// Describes a probe.
    ///
    /// - Parameters:
    ///   - classCount: the number of classes.
    ///   - l2: the strength of the penalty; nil chooses it on held-out samples.
    package init(classCount: Int, l2: Double? = nil) {
        self.classCount = classCount
        self.l2 = l2
    }

    /// Fits the classifier and evaluates it.
    ///
    /// - Throws: `EvaluationError` when no class has enough samples to hold any out, or a label
    ///   names no class.
    package func callAsFunction(
        training: LabelledFeatures, evaluation: LabelledFeatures
    ) throws(EvaluationError) -> Result {
        var chosen = (l2: l2 ?? 0, heldOutCount: 0, top1: nil as Double?)
        if l2 == nil { chosen = try choose(training) }
        let final = LogisticRegression(training, classCount: classCount, l2: chosen.l2)
        return Result(
            tally: try final.tally(evaluation), l2: chosen.l2, heldOutCount: chosen.heldOutCount,
            heldOutTop1: chosen.top1, iterations: final.iterations, converged: final.converged)
    }

    private func choose(
        _ training: LabelledFeatures
    ) throws(EvaluationError) -> (l2: Double, heldOutCount: Int, top1: Double?) {
        var seen = [Int](repeating: 0, count: classCount)
        var (fitted, heldOut): ([Int], [Int]) = ([], [])
        for (place, label) in training.labels.enumerated() {
            guard seen.indices.contains(label) else {
                throw EvaluationError("label \(label): expected a class in 0 ..< \(classCount)")
            }
            seen[label] += 1
            if seen[label].isMultiple(of: Self.heldOutShare) {
                heldOut.append(place)
            } else {
                fitted.append(place)
            }
        }
        guard !heldOut.isEmpty else {
            throw EvaluationError(
                "linear probe: no class has \(Self.heldOutShare) training pictures, of which one "
                    + "could be held out to choose the penalty; give it as --linear_probe_l2")
        }
        let (fittedSet, heldOutSet) = (training.selected(fitted), training.selected(heldOut))
        var right: [Int: Int] = [:]
        var start: Tensor?
        func evaluate(_ places: [Int]) throws(EvaluationError) {
            // From strong to weak: each fit begins where the one before it ended.
            for place in places.sorted(by: >)
            where right[place] == nil && abs(place) <= Self.lastPlace {
                let fit = LogisticRegression(
                    fittedSet, classCount: classCount, l2: Self.strength(place), start: start)
                start = fit.parameters
                right[place] = try fit.tally(heldOutSet).classes.reduce(0) { $0 + $1.top1 }
            }
        }
        /// The best place; of equal ones the strongest penalty.
        func best() -> Int { right.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0 }
        var step = 2 * Self.placesPerDecade
        try evaluate(Array(stride(from: -Self.lastPlace, through: Self.lastPlace, by: step)))
        while step > 1 {
            step /= 2
            try evaluate([best() - step, best() + step])
        }
        let place = best()
        return (
            Self.strength(place), heldOut.count,
            Double(right[place] ?? 0) / Double(heldOut.count)
        )
    }

    private static func strength(_ place: Int) -> Double {
        pow(10, Double(place) / Double(placesPerDecade))
    }
}
