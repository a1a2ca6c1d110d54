internal import Foundation
internal import Torch

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

    package func update(
        _ group: ParameterGroup, _ state: OptimizerState, step: Int, learningRate: Double
    ) {
        Foreach.interpolate(state.firstMoments, towards: state.gradients, weight: 1 - beta1)
        Foreach.multiply(state.secondMoments, by: beta2)
        Foreach.addProducts(
            state.secondMoments, state.gradients, state.gradients, scale: 1 - beta2)
        let firstCorrection = 1 - pow(beta1, Double(step))
        let secondCorrection = 1 - pow(beta2, Double(step))
        let denominators = Foreach.squareRoots(state.secondMoments)
        Foreach.multiply(denominators, by: 1 / secondCorrection.squareRoot())
        Foreach.add(denominators, epsilon)
        let updates = Foreach.scaled(state.firstMoments, by: 1 / firstCorrection)
        Foreach.divide(updates, by: denominators)
        if group.weightDecay > 0 {
            Foreach.add(updates, state.parameters, scale: group.weightDecay)
            for (update, ratio) in zip(updates, trustRatios(state.parameters, updates)) {
                update.multiply(inPlace: ratio)
            }
        }
        Foreach.add(state.parameters, updates, scale: -learningRate)
    }

    /// `|w| / |u|` of each tensor on the device, 1 where either is zero.
    private func trustRatios(_ parameters: [Tensor], _ updates: [Tensor]) -> [Tensor] {
        zip(Foreach.norms(parameters), Foreach.norms(updates)).map { weight, update in
            let isZero = (weight * update).isEqual(to: weight.zerosLike())
            return (weight / update).filled(with: 1, where: isZero)
        }
    }
}
