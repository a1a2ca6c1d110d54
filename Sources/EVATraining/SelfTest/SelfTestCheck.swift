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
    /// The largest absolute difference of two tensors of the CPU; infinite where shapes differ or a
    /// difference is not finite.
    static func difference(_ actual: Tensor, _ expected: Tensor) -> Double {
        guard actual.shape == expected.shape else { return .infinity }
        return largest(actual - expected)
    }

    /// The largest absolute difference, as a share of the expected tensor's largest element.
    static func share(_ actual: Tensor, _ expected: Tensor) -> Double {
        let difference = difference(actual, expected)
        return difference == 0 ? 0 : difference / largest(expected)
    }

    /// The least cosine of rows; minus infinity where shapes differ or one is not finite.
    ///
    /// - Shape: `[N, D]`, on the CPU.
    static func cosine(_ actual: Tensor, _ expected: Tensor) -> Double {
        guard actual.shape == expected.shape else { return -.infinity }
        let (a, b) = (actual.cast(to: .float64), expected.cast(to: .float64))
        let cosines = (a * b).sum(dimension: 1).unsqueezed(1) / (a.norm() * b.norm())
        let least = -(-cosines).flattened().top(1).values.item()
        return least.isFinite ? least : -.infinity
    }

    private static func largest(_ tensor: Tensor) -> Double {
        let flat = tensor.flattened()
        let ends = [flat, -flat].map { $0.top(1).values.item() }
        return ends.contains { !$0.isFinite } ? .infinity : ends.max() ?? .infinity
    }
}
