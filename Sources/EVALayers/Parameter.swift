package import Torch

/// A named tensor that training changes.
package final class Parameter {
    /// The path of scopes that leads here, as in a weights file: `visual.blocks.0.attn.proj.weight`.
    package let name: String
    /// A leaf of the graph; fp32.
    package let value: Tensor
    /// How the parameter is drawn before training.
    package let initializer: Initializer

    init(name: String, value: Tensor, initializer: Initializer) {
        self.name = name
        self.value = value
        self.initializer = initializer
    }

    /// The length of each dimension.
    package var shape: [Int] { value.shape }
}
