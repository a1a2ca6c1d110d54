package import Torch

/// Drops a residual branch for whole samples in training (Huang et al., arXiv 1603.09382).
///
/// Kept samples are divided by the probability of being kept, so the expectation stays.
package struct DropPath {
    private let probability: Double
    private let name: String

    package init(probability: Double, in scope: ParameterScope, _ name: String) {
        self.probability = probability
        self.name = scope[name].path
    }

    package func callAsFunction(_ branch: Tensor, _ context: ForwardContext) -> Tensor {
        guard probability > 0 else { return branch }
        let shape = branch.shape
        let kept = context.draw(
            name, shape: [shape[0]] + shape.dropFirst().map { _ in 1 }, dtype: branch.dtype,
            device: branch.device
        ) { $0.fillBernoulli(1 - probability, from: $1) }
        return kept.map { branch * ($0 / (1 - probability)) } ?? branch
    }
}
