package import Torch

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

    package func apply(_ update: FlatUpdate, step: Int) {
        update.adamW(beta1: beta1, beta2: beta2, epsilon: epsilon, step: step)
    }
}
