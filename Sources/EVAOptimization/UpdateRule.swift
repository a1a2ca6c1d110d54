package import Torch

/// How a group's parameters move by their gradients and the moments of these.
package protocol UpdateRule: Sendable {
    /// The decay rate of the gradient's mean.
    var beta1: Double { get }
    /// The decay rate of what is kept longest: the gradient's uncentred variance, or Lion's mean.
    var beta2: Double { get }
    /// Whether it works with a second moment.
    var keepsSecondMoments: Bool { get }

    /// Changes parameters and moments in place.
    ///
    /// - Parameters:
    ///   - group: rates apart from the schedule's.
    ///   - state: lists in the order of the group's parameters.
    ///   - step: the number of this step, from 1.
    ///   - learningRate: the group's rate at this step.
    func update(
        _ group: ParameterGroup, _ state: OptimizerState, step: Int, learningRate: Double)
}

extension UpdateRule {
    package var keepsSecondMoments: Bool { true }
}

/// What an update rule works on: parallel lists of tensors, fp32.
package struct OptimizerState {
    package let parameters: [Tensor]
    package let gradients: [Tensor]
    /// The decayed means of the gradients.
    package let firstMoments: [Tensor]
    /// The decayed means of the squared gradients; empty for a rule without them.
    package let secondMoments: [Tensor]
}
