package import Torch

/// How far two lists of numbers lie apart; prints the place where they do most.
package struct Comparison: CustomStringConvertible {
    /// The largest absolute difference; infinite where counts differ or a value is not finite.
    package let largestDifference: Float
    package let description: String

    /// Compares elements in row-major order.
    package init(_ actual: [Float], _ expected: [Float]) {
        guard actual.count == expected.count else {
            largestDifference = .infinity
            description = "\(actual.count) elements, expected \(expected.count)"
            return
        }
        var largest: Float = 0
        var place = 0
        for index in actual.indices {
            let difference = abs(actual[index] - expected[index])
            // A comparison with NaN is false: treat it as the worst.
            if !(difference <= largest) {
                largest = difference.isNaN ? .infinity : difference
                place = index
            }
        }
        largestDifference = largest
        description =
            actual.isEmpty
            ? "no elements"
            : "differs by \(largest) at \(place): \(actual[place]), expected \(expected[place])"
    }

    package init(_ actual: Tensor, _ expected: Tensor) {
        guard actual.shape == expected.shape else {
            self.init(
                largestDifference: .infinity,
                description: "shape \(actual.shape), expected \(expected.shape)")
            return
        }
        self.init(actual.floats(), expected.floats())
    }

    private init(largestDifference: Float, description: String) {
        self.largestDifference = largestDifference
        self.description = description
    }

    /// Whether no element is further off than `tolerance`.
    package func isWithin(_ tolerance: Float) -> Bool { largestDifference <= tolerance }
}
