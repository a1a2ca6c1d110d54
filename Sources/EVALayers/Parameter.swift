package import Torch

/// A named tensor that training changes.
package final class Parameter {
    /// The path of scopes that leads here, as in a weights file: `visual.blocks.0.attn.proj.weight`.
    package let name: String
    /// The unit that it belongs to.
    let unit: String
    /// What a forward pass reads: a leaf of the graph.
    package private(set) var value: Tensor
    /// What training changes and files hold: `value` itself, or its fp32 original where `value` is
    /// a copy in the dtype of matrix products.
    package private(set) var master: Tensor
    /// How the parameter is drawn before training.
    package let initializer: Initializer
    /// Whether matrix products alone read it, which cast it to their dtype.
    package let isOperand: Bool
    /// The shape of the whole, of which this rank may hold a part.
    package let wholeShape: [Int]
    /// Which part this rank holds; nil where every rank holds all of it.
    ///
    /// Those that are not split, and their gradients, are the same on all ranks that share the layer.
    package let split: ParameterSplit?
    /// Whether `gradient` is where the unit collects it.
    private var isCollected = false

    init(
        name: String, unit: String, value: Tensor, wholeShape: [Int], split: ParameterSplit?,
        initializer: Initializer, isOperand: Bool
    ) {
        self.name = name
        self.unit = unit
        self.value = value
        self.initializer = initializer
        self.isOperand = isOperand
        self.wholeShape = wholeShape
        self.split = split
        master = value
    }

    /// The length of each dimension, of this rank's part.
    package var shape: [Int] { value.shape }

    /// Whether this rank holds a part of it.
    package var isSplit: Bool { split != nil }

    /// Whether training changes it.
    package var isTrained: Bool {
        get { value.requiresGradient }
        set { value.requiresGradient = newValue }
    }

    /// The gradient that an optimizer works with, in fp32 where `value` is a copy.
    package var gradient: Tensor? { master.gradient }

    /// Whether `value` is a copy of `master`.
    private var isCopy: Bool { value !== master }

    /// Copies the elements to where they are kept from now on.
    ///
    /// - Parameters:
    ///   - place: becomes the master.
    ///   - operand: becomes what a forward pass reads, instead of the master.
    func move(to place: Tensor, operand: Tensor?) {
        let isTrained = isTrained
        place.copy(from: master.detached())
        master = place
        value = operand ?? place
        value.requiresGradient = isTrained
    }

    /// Whether a backward pass left something that is not collected.
    var hasNewGradient: Bool { (isCopy || !isCollected) && value.gradient != nil }

    /// Adds what backward passes left to what is collected.
    ///
    /// - Parameter place: where the gradient is kept, for the first that comes. Later passes add to
    ///   it themselves where `value` is no copy.
    func collectGradient(into place: () -> Tensor) {
        guard let new = value.gradient else { return }
        if isCollected, let gradient {
            gradient.add(inPlace: new.cast(to: gradient.dtype))
        } else {
            let place = place()
            place.copy(from: new)
            master.gradient = place
            isCollected = true
        }
        if isCopy { value.gradient = nil }
    }

    /// Forgets the gradient.
    func clearGradient() {
        value.gradient = nil
        master.gradient = nil
        isCollected = false
    }
}
