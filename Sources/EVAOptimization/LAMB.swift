package import Torch

/// Layer-wise adaptive moments (You et al., arXiv 1904.00962, algorithm 2), as in PaddleMIX.
///
/// `u = m' / (sqrt(v') + epsilon) + decay * w`, then `w -= rate * r * u` with the trust ratio
/// `r = |w| / |u|` of the whole tensor. Parameters that are not decayed take r = 1, as does a
/// tensor of which either norm is zero.
///
/// Deliberate differences from baaivision's `lamb.py`: no clipping of its own by the global norm
/// (the trainer clips), and the rates are those of PaddleMIX.
package struct LAMB: UpdateRule {
    package let beta1: Double
    package let beta2: Double
    package let epsilon: Double

    package init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-6) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    package func apply(_ update: FlatUpdate, step: Int) {
        update.lamb(beta1: beta1, beta2: beta2, epsilon: epsilon, step: step)
    }

    package func apply(_ updates: [FlatUpdate], step: Int, sums: TensorSums?) throws {
        guard let sums else {
            for update in updates { apply(update, step: step) }
            return
        }
        // The trust ratio is that of the whole tensor, whoever has its parts.
        let squares = updates.map {
            $0.lambMoments(beta1: beta1, beta2: beta2, epsilon: epsilon, step: step)
        }
        for (update, sums) in zip(updates, try sums(squares)) {
            update.lambWeights(
                sums: sums, beta1: beta1, beta2: beta2, epsilon: epsilon, step: step)
        }
    }
}
