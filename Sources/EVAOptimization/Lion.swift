internal import Torch

/// The sign of an interpolated momentum (Chen et al., arXiv 2302.06675, algorithm 2).
///
/// `u = sign(beta1 * m + (1 - beta1) * g)`, then `w -= rate * (u + decay * w)`, then
/// `m = beta2 * m + (1 - beta2) * g`. One moment; every weight moves by the rate, so rates are a
/// third to a tenth of AdamW's and decays larger by as much.
package struct Lion: UpdateRule {
    package let beta1: Double
    package let beta2: Double

    package init(beta1: Double = 0.9, beta2: Double = 0.99) {
        self.beta1 = beta1
        self.beta2 = beta2
    }

    package var keepsSecondMoments: Bool { false }

    package func update(
        _ group: ParameterGroup, _ state: OptimizerState, step: Int, learningRate: Double
    ) {
        let directions = Foreach.scaled(state.firstMoments, by: beta1)
        Foreach.add(directions, state.gradients, scale: 1 - beta1)
        Foreach.takeSigns(directions)
        if group.weightDecay > 0 {
            Foreach.multiply(state.parameters, by: 1 - learningRate * group.weightDecay)
        }
        Foreach.add(state.parameters, directions, scale: -learningRate)
        Foreach.interpolate(state.firstMoments, towards: state.gradients, weight: 1 - beta2)
    }
}
