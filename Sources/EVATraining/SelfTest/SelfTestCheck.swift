package import Torch

/// One comparison of a self-test.
package struct SelfTestCheck: Sendable, Equatable {
    /// What is measured.
    package enum Measure: String, Sendable {
        /// The largest absolute difference.
        case difference
        /// The largest difference, as a share of the tensor's largest element.
        case share
        /// The least cosine between a vector and its reference.
        case cosine
    }

    /// The model or optimizer: `b_eva02b`, `lamb`.
    package let subject: String
    /// What of it is compared: features, gradients, losses.
    package let quantity: String
    /// The dtype of matrix products.
    package let dtype: DType
    package let measure: Measure
    package let value: Double
    /// The most that a difference may be, or the least that a cosine may be.
    package let limit: Double
    /// How long the device took, its first use of a kernel included.
    package let seconds: Double
    /// How long the reference took; nil where it was computed elsewhere.
    package let referenceSeconds: Double?

    /// Whether the value keeps the limit; false for one that is not a number.
    package var hasPassed: Bool {
        switch measure {
        case .difference, .share: value <= limit
        case .cosine: value >= limit
        }
    }
}

extension SelfTestCheck {
    /// The largest absolute difference; infinite where counts differ or a number is not finite.
    static func difference(_ actual: [Float], _ expected: [Float]) -> Double {
        guard actual.count == expected.count else { return .infinity }
        return zip(actual, expected).reduce(0) { largest, pair in
            let difference = Double(abs(pair.0 - pair.1))
            return difference.isFinite ? max(largest, difference) : .infinity
        }
    }

    /// The least cosine of rows that are `width` long.
    static func cosine(_ actual: [Float], _ expected: [Float], width: Int) -> Double {
        guard actual.count == expected.count, !actual.isEmpty else { return -.infinity }
        return stride(from: 0, to: actual.count, by: width).map { start in
            let (a, b) = (actual[start..<start + width], expected[start..<start + width])
            func dot(_ x: ArraySlice<Float>, _ y: ArraySlice<Float>) -> Double {
                zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            }
            let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
            return cosine.isFinite ? cosine : -.infinity
        }.min() ?? -.infinity
    }
}
