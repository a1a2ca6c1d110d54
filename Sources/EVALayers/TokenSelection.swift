package import Torch

extension Tensor {
    /// The tokens with these numbers, each image or text having its own.
    ///
    /// - Shape: `[B, N, D]` with numbers `[B, K]` gives `[B, K, D]`.
    package func selectingTokens(_ numbers: Tensor) -> Tensor {
        let shape = numbers.shape
        return gathered(
            indices: numbers.unsqueezed(-1).expanded([shape[0], shape[1], self.shape[2]]),
            dimension: 1)
    }
}
