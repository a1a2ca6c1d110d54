internal import Torch

/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2).
///
/// `w -= rate * decay * w`, then `w -= rate * m' / (sqrt(v') + epsilon)`, where m' and v' are the
/// moments divided by `1 - beta ^ step`. The same arithmetic as PyTorch's and Paddle's AdamW.
package struct AdamW: UpdateRule {
    package let beta1: Double
    package let beta2: Double
    package let epsilon: Double

    package init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    package func update(
        _ group: ParameterGroup, _ state: OptimizerState, step: Int, learningRate: Double
    ) {
        let count = Tensor.full(
            [], Double(step), device: state.parameters[0].device)
        Operator.fusedAdamW.run(
            .tensors(state.parameters), .tensors(state.gradients), .tensors(state.firstMoments),
            .tensors(state.secondMoments), .tensors([]),
            .tensors(Array(repeating: count, count: state.parameters.count)),
            .double(learningRate), .double(beta1), .double(beta2), .double(group.weightDecay),
            .double(epsilon), .bool(false), .bool(false), .none, .none)
    }
}
