import EVATestSupport
import Testing
import Torch

@testable import EVAEvaluation

@Suite struct LinearProbeTests {
    private static let classCount = 4

    /// Samples of 6 numbers by a formula that scikit-learn was given as well, as unit vectors.
    private static func samples(_ count: Int, _ a: Int, _ b: Int) -> LabelledFeatures {
        func numbers(_ i: Int, _ a: Int, _ b: Int) -> [Float] {
            (0..<6).map { j in Float((i * 131 + j * 71 + i * i * a + i * j * b) % 97 - 48) }
        }
        let labels = (0..<count).map { ($0 * 7 + $0 / 3) % classCount }
        let values = (0..<count).flatMap { i in
            zip(numbers(labels[i], 11, 5), numbers(i, a, b)).map { $0 + 1.6 * $1 }
        }
        return LabelledFeatures(
            Tensor(values, shape: [count, 6]).normalized(), labels: labels)
    }

    private let training = samples(150, 7, 17)
    private let evaluation = samples(90, 3, 29)

    private static func right(_ tally: ClassificationTally) -> Int {
        tally.classes.reduce(0) { $0 + $1.top1 }
    }

    /// Weights over the bias, row by row, and how many of the evaluated samples are right: from
    /// scikit-learn 1.9.1, `LogisticRegression(C=1 / l2, solver="newton-cg", tol=1e-12)`.
    @Test(
        "Weights and hits are scikit-learn's",
        arguments: [
            (
                0.1, 61,
                [
                    -0.22056, 0.98481, 0.47262, -1.23688, -0.42741, -3.20828, 1.27405, 2.36163,
                    -0.07318,
                    -3.21354, 1.50956, 1.77717, -2.94982, 2.64750, 0.50692, -0.20461, 1.11984,
                    0.01809,
                    -1.02714, -0.11080, 0.88367, 0.42337, -1.35077, 0.04373, 0.56853, -0.44894,
                    0.75139,
                    -0.87098,
                ]
            ),
            (
                1.0, 63,
                [
                    -0.32551, 0.70427, 0.37591, -0.75467, -0.38093, -1.95228, 0.94363, 1.38958,
                    -0.11158,
                    -2.00215, 1.13244, 0.98129, -2.18143, 1.46237, 0.57020, 0.14886, 0.82686,
                    -0.02553,
                    -0.74808, -0.05325, 0.72792, 0.13636, -1.02702, 0.16274, 0.34195, -0.18690,
                    0.48819,
                    -0.64324,
                ]
            ),
            (
                10.0, 62,
                [
                    -0.20958, 0.25802, 0.15857, -0.20701, -0.16616, -0.68209, 0.42449, 0.42377,
                    -0.05995,
                    -0.68626, 0.47946, 0.26675, -0.86159, 0.42473, 0.32377, 0.11308, 0.33575,
                    -0.05458,
                    -0.26261, -0.01856, 0.31547, -0.01835, -0.38958, 0.09246, 0.29610, -0.18467,
                    0.33284,
                    -0.44427,
                ]
            ),
        ] as [(Double, Int, [Float])])
    func regression(l2: Double, hits: Int, weights: [Float]) throws {
        let fit = LogisticRegression(
            training, classCount: Self.classCount, l2: l2, search: LBFGS(tolerance: 1e-9))
        #expect(fit.converged && fit.iterations > 3)
        let comparison = Comparison(fit.parameters.floats(), weights)
        #expect(comparison.isWithin(5e-5), "\(comparison)")
        #expect(try Self.right(fit.tally(evaluation)) == hits)
    }

    @Test("The penalty is the one that scikit-learn finds best on the held-out samples")
    func sweep() throws {
        let probe = LinearProbe(classCount: Self.classCount)
        let result = try probe(training: training, evaluation: evaluation)
        // The same search around scikit-learn's fits ends at 7 eighths of a power of ten, with 18
        // of 30 right, and then 61 of 90.
        #expect(abs(result.l2 - 7.498942) < 1e-5)
        #expect(result.heldOutCount == 30)
        #expect(result.heldOutTop1 == 0.6)
        #expect(Self.right(result.tally) == 61)
        let again = try probe(training: training, evaluation: evaluation)
        #expect(again.iterations == result.iterations)
        let given = try LinearProbe(classCount: Self.classCount, l2: result.l2)(
            training: training, evaluation: evaluation)
        #expect(given.heldOutCount == 0 && given.heldOutTop1 == nil)
        #expect(Self.right(given.tally) == 61)
    }

    @Test("Nothing to hold out, and labels of no class, are errors")
    func unusable() {
        let few = Self.samples(6, 7, 17)
        #expect(throws: EvaluationError.self) {
            try LinearProbe(classCount: Self.classCount)(training: few, evaluation: few)
        }
        #expect(throws: EvaluationError.self) {
            try LinearProbe(classCount: 3)(training: training, evaluation: evaluation)
        }
        #expect(throws: Never.self) {
            try LinearProbe(classCount: Self.classCount, l2: 1)(training: few, evaluation: few)
        }
    }

    @Test("L-BFGS finds the minimum of Rosenbrock's valley")
    func rosenbrock() {
        let start = Tensor([-1.2, 1] as [Float], shape: [2]).cast(to: .float64)
        let result = LBFGS(iterationLimit: 200, tolerance: 1e-9).minimize(from: start) { point in
            let (x, y) = (
                point.selected(0, dimension: 0).item(), point.selected(1, dimension: 0).item()
            )
            let gradient = Tensor.empty([2], dtype: .float64, device: .cpu)
            gradient.selected(0, dimension: 0).fill(-400 * x * (y - x * x) - 2 * (1 - x))
            gradient.selected(1, dimension: 0).fill(200 * (y - x * x))
            return LBFGS.Evaluation(
                value: 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x), gradient: gradient)
        }
        #expect(result.converged && result.iterations < 100)
        for value in result.point.floats() { #expect(abs(value - 1) < 1e-6) }
    }
}
