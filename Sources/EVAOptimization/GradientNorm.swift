package import EVALayers
package import Torch

/// The global norm of all gradients, and clipping by it.
package enum GradientNorm {
    /// The joint Euclidean norm of all gradients, a scalar on the device.
    ///
    /// It is finite only where every gradient is.
    package static func of(_ parameters: [Parameter]) -> Tensor {
        withoutGradient {
            let norms = Foreach.norms(parameters.compactMap(\.gradient))
            return Tensor.stacked(norms, dimension: 0).norm().reshaped([])
        }
    }

    /// Divides the gradients by what the loss was multiplied by, and scales them down where their
    /// joint norm then exceeds `limit`.
    ///
    /// The factor is `min(1, limit / (norm + 1e-6))`, applied once a step to the whole gradient.
    /// Nothing is read back to the host.
    ///
    /// - Parameters:
    ///   - norm: the gradients' norm as they are.
    ///   - limit: no clipping where it is not positive.
    ///   - lossScale: what the loss was multiplied by before backward.
    /// - Returns: the norm of the divided gradients before clipping, a scalar on the device.
    package static func clip(
        _ parameters: [Parameter], norm: Tensor, to limit: Double, lossScale: Double = 1
    ) -> Tensor {
        let gradients = parameters.compactMap(\.gradient)
        return withoutGradient {
            let norm = lossScale == 1 ? norm : norm * (1 / lossScale)
            if limit > 0 {
                let one = norm.zerosLike() + 1.0
                let factor = (one / (norm + 1e-6) * limit).clamped(from: 0, to: 1)
                Foreach.multiply(gradients, by: lossScale == 1 ? factor : factor * (1 / lossScale))
            } else if lossScale != 1 {
                Foreach.multiply(gradients, by: 1 / lossScale)
            }
            return norm
        }
    }
}
