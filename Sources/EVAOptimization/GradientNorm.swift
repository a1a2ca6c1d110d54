package import EVALayers
package import Torch

/// The global norm of all gradients, and clipping by it.
package enum GradientNorm {
    /// Scales the gradients down where their joint Euclidean norm exceeds `limit`.
    ///
    /// The factor is `min(1, limit / (norm + 1e-6))`, applied once a step to the whole gradient.
    /// Nothing is read back to the host.
    ///
    /// - Parameter limit: no clipping where it is not positive.
    /// - Returns: the norm before clipping, a scalar on the device.
    package static func clip(_ parameters: [Parameter], to limit: Double) -> Tensor {
        let gradients = parameters.compactMap(\.value.gradient)
        return withoutGradient {
            let norms = Foreach.norms(gradients)
            let norm = Tensor.stacked(norms, dimension: 0).norm().reshaped([])
            if limit > 0 {
                let one = norm.zerosLike() + 1.0
                let factor = (one / (norm + 1e-6) * limit).clamped(from: 0, to: 1)
                Foreach.multiply(gradients, by: factor)
            }
            return norm
        }
    }
}
