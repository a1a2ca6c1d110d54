internal import Foundation
internal import Torch

/// How far the steps of an arrangement are from those of one process.
package struct ParallelDifference: Sendable, Equatable {
    /// The norm of the losses' differences, by that of the losses.
    package let loss: Double
    /// The norm of the gradients' difference, by that of the gradients.
    package let gradient: Double
    /// The norm of the weights' difference, by that of the weights.
    package let weights: Double

    /// - Parameter isBySign: whether the optimizer moves by the sign of what may be rounding alone,
    ///   so that elements without a gradient to speak of are left out of the weights.
    init(_ actual: ParallelCourse, from expected: ParallelCourse, isBySign: Bool) {
        func losses(_ course: ParallelCourse) -> [Tensor] {
            [Tensor(course.losses.map(Float.init), shape: [course.losses.count])]
        }
        loss = Self.relative(losses(actual), losses(expected), masks: nil)
        gradient = Self.relative(actual.gradients, expected.gradients, masks: nil)
        weights = Self.relative(
            actual.weights, expected.weights,
            masks: isBySign ? Self.signalMasks(expected.gradients) : nil)
    }

    private static func relative(_ a: [Tensor], _ b: [Tensor], masks: [Tensor]?) -> Double {
        guard a.count == b.count, !a.isEmpty else { return .infinity }
        var (differences, whole) = (0.0, 0.0)
        for index in a.indices {
            guard a[index].count == b[index].count else { return .infinity }
            var difference = a[index] - b[index]
            if let masks { difference = difference * masks[index] }
            differences += pow(difference.norm().item(), 2)
            whole += pow(b[index].norm().item(), 2)
        }
        let ratio = (differences / whole).squareRoot()
        return ratio.isFinite ? ratio : .infinity
    }

    /// One where a gradient is clearly more than rounding, otherwise zero.
    private static func signalMasks(_ gradients: [Tensor]) -> [Tensor] {
        let sizes = gradients.map { $0.norm().item() / Double($0.count).squareRoot() }
        let largest = sizes.max() ?? 0
        return zip(gradients, sizes).map { gradient, size in
            let threshold = max(1e-3 * size, 1e-4 * largest)
            return gradient.floatMask { abs(Double($0)) > threshold }
        }
    }

    /// Whether it is no more than rounding, or than another difference allows.
    func isWithin(_ limit: Double) -> Bool { max(loss, gradient, weights) <= limit }

    func isWithin(_ limit: ParallelDifference, times factor: Double) -> Bool {
        loss <= factor * limit.loss && gradient <= factor * limit.gradient
            && weights <= factor * limit.weights
    }
}

extension Tensor {
    fileprivate func floatMask(_ holds: (Float) -> Bool) -> Tensor {
        Tensor(floats().map { Float(holds($0) ? 1 : 0) }, shape: shape)
    }
}
