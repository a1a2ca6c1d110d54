package import Torch

/// A named tensor that training changes.
package final class Parameter {
    /// The path of scopes that leads here, as in a weights file: `visual.blocks.0.attn.proj.weight`.
    package let name: String
    /// What a forward pass reads: a leaf of the graph.
    package private(set) var value: Tensor
    /// What training changes and files hold: `value` itself, or its fp32 original where `value` is
    /// a copy in the dtype of matrix products.
    package let master: Tensor
    /// How the parameter is drawn before training.
    package let initializer: Initializer
    /// Whether matrix products alone read it, which cast it to their dtype.
    package let isOperand: Bool

    init(name: String, value: Tensor, initializer: Initializer, isOperand: Bool) {
        self.name = name
        self.value = value
        self.initializer = initializer
        self.isOperand = isOperand
        master = value
    }

    /// The length of each dimension.
    package var shape: [Int] { value.shape }

    /// Whether training changes it.
    package var isTrained: Bool {
        get { value.requiresGradient }
        set { value.requiresGradient = newValue }
    }

    /// The gradient that an optimizer works with, in fp32 where `value` is a copy.
    package var gradient: Tensor? { master.gradient }

    /// Whether `value` is a copy of `master`.
    var isCopy: Bool { value !== master }

    /// Makes `value` a copy of `master` in `dtype`.
    func split(valueDType dtype: DType) {
        guard !isCopy, dtype != master.dtype else { return }
        let copy = master.detached().cast(to: dtype)
        copy.requiresGradient = isTrained
        master.requiresGradient = false
        value = copy
    }

    /// Adds the copy's gradient to the master's.
    func collectGradient() {
        guard isCopy, let gradient = value.gradient?.cast(to: master.dtype) else { return }
        if let sum = master.gradient {
            sum.add(inPlace: gradient)
        } else {
            master.gradient = gradient
        }
        value.gradient = nil
    }

    /// Forgets the gradient.
    func clearGradient() {
        value.gradient = nil
        master.gradient = nil
    }
}
