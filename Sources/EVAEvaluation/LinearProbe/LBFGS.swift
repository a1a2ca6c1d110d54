internal import Torch

/// Minimises a smooth function by limited-memory BFGS.
///
/// The direction is Nocedal's two-loop recursion over the last steps (Math. Comp. 35, 1980), the
/// step the bisection that ends at the weak Wolfe conditions (Lewis and Overton, Math. Program.
/// 141, 2013).
struct LBFGS {
    /// A function's value and gradient at a point.
    struct Evaluation {
        let value: Double
        let gradient: Tensor
    }

    /// Where the search ended.
    struct Result {
        let point: Tensor
        let value: Double
        let iterations: Int
        /// Whether the gradient fell below the tolerance; otherwise the iterations, or the precision
        /// of numbers, ran out.
        let converged: Bool
    }

    /// Steps that the curvature is learnt from.
    private static let memory = 10
    private static let bisectionLimit = 40
    /// How much of the promised descent, and how much less slope, a step must bring.
    private static let (descent, slope) = (1e-4, 0.9)

    /// The most steps.
    var iterationLimit = 1000
    /// The largest number of the gradient at which the search ends.
    var tolerance = 1e-6

    private struct Step {
        let point: Tensor
        let gradient: Tensor
        let curvature: Double
    }

    /// Searches from a point downwards.
    ///
    /// - Parameters:
    ///   - start: where to begin, fp64, of any shape.
    ///   - function: gives value and gradient, of the same shape, at a point.
    func minimize(from start: Tensor, _ function: (Tensor) -> Evaluation) -> Result {
        var point = start
        var current = function(point)
        var steps: [Step] = []
        var iterations = 0
        while Self.largest(current.gradient) > tolerance {
            guard iterations < iterationLimit else { break }
            let direction = Self.direction(down: current.gradient, steps)
            guard
                let (next, found) = Self.step(from: point, current, along: direction, function)
            else { break }
            let move = next - point
            let change = found.gradient - current.gradient
            let curvature = Self.dot(move, change)
            if curvature > 1e-300 {
                if steps.count == Self.memory { steps.removeFirst() }
                steps.append(Step(point: move, gradient: change, curvature: curvature))
            }
            (point, current) = (next, found)
            iterations += 1
        }
        return Result(
            point: point, value: current.value, iterations: iterations,
            converged: Self.largest(current.gradient) <= tolerance)
    }

    private static func direction(down gradient: Tensor, _ steps: [Step]) -> Tensor {
        // Without anything learnt yet, a first step of length one at most.
        guard let last = steps.last else {
            return gradient * (-1 / max(1, dot(gradient, gradient).squareRoot()))
        }
        var q = gradient
        var factors: [Double] = []
        for step in steps.reversed() {
            let factor = dot(step.point, q) / step.curvature
            q = q - step.gradient * factor
            factors.append(factor)
        }
        q = q * (last.curvature / dot(last.gradient, last.gradient))
        for (step, factor) in zip(steps, factors.reversed()) {
            q = q + step.point * (factor - dot(step.gradient, q) / step.curvature)
        }
        return -q
    }

    /// A step along a direction that brings enough; nil where numbers are too coarse for one.
    private static func step(
        from point: Tensor, _ current: Evaluation, along direction: Tensor,
        _ function: (Tensor) -> Evaluation
    ) -> (Tensor, Evaluation)? {
        let promised = dot(direction, current.gradient)
        guard promised < 0 else { return nil }
        var (least, most) = (0.0, Double.infinity)
        var length = 1.0
        for _ in 0..<bisectionLimit {
            let next = point + direction * length
            let found = function(next)
            if !(found.value <= current.value + descent * length * promised) {
                most = length
            } else if dot(direction, found.gradient) < slope * promised {
                least = length
            } else {
                return (next, found)
            }
            length = most.isFinite ? (least + most) / 2 : 2 * least
        }
        return nil
    }

    private static func dot(_ a: Tensor, _ b: Tensor) -> Double { (a * b).sum().item() }

    private static func largest(_ tensor: Tensor) -> Double {
        let flat = tensor.flattened()
        return max(flat.top(1).values.item(), (-flat).top(1).values.item())
    }
}
