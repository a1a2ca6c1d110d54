package import Torch

/// A place in the tree of names where parameters are made.
package struct ParameterScope {
    let store: ParameterStore
    /// The names that lead here, joined by dots; empty at the root.
    package let path: String

    /// The scope called `name` under this one.
    package subscript(name: String) -> ParameterScope {
        ParameterScope(store: store, path: path.isEmpty ? name : "\(path).\(name)")
    }

    /// The scope numbered `index` under this one.
    package subscript(index: Int) -> ParameterScope { self["\(index)"] }

    /// Where parameters and tables of this scope live.
    package var device: Device { store.device }

    /// Makes the parameter called `name` here.
    ///
    /// - Parameter isOperand: whether matrix products alone read it, which cast it to their dtype.
    package func parameter(
        _ name: String, shape: [Int], initializer: Initializer, isOperand: Bool = false
    ) -> Parameter {
        store.make(
            name: self[name].path, shape: shape, initializer: initializer, isOperand: isOperand)
    }

    /// What was made under this scope so far.
    package var parameters: [Parameter] {
        store.parameters.filter { $0.name.hasPrefix(path + ".") }
    }
}
