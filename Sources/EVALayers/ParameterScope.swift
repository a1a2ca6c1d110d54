package import Torch
package import TorchParallel

/// A place in the tree of names where parameters are made.
package struct ParameterScope {
    let store: ParameterStore
    /// The names that lead here, joined by dots; empty at the root.
    package let path: String
    /// The unit that parameters made here belong to.
    let unit: String

    /// The scope called `name` under this one.
    package subscript(name: String) -> ParameterScope {
        ParameterScope(store: store, path: joined(name), unit: unit)
    }

    /// The scope numbered `index` under this one.
    package subscript(index: Int) -> ParameterScope { self["\(index)"] }

    /// The same scope, whose parameters are a unit of their own.
    package var asUnit: ParameterScope { ParameterScope(store: store, path: path, unit: path) }

    /// The same scope, for the parameters that are the part called `name` of it.
    package func unit(_ name: String) -> ParameterScope {
        ParameterScope(store: store, path: path, unit: joined(name))
    }

    /// Where parameters and tables of this scope live.
    package var device: Device { store.device }

    /// The ranks that hold the other parts of each layer.
    package var layerParts: any ProcessGroup { store.layerParts }

    /// Makes the parameter called `name` here.
    ///
    /// - Parameters:
    ///   - shape: the shape of the whole.
    ///   - splitDimension: the dimension of which each rank that shares the layer holds a part; nil
    ///     for a parameter that all of them hold whole.
    ///   - isOperand: whether matrix products alone read it, which cast it to their dtype.
    package func parameter(
        _ name: String, shape: [Int], splitDimension: Int? = nil, initializer: Initializer,
        isOperand: Bool = false
    ) -> Parameter {
        store.make(
            name: joined(name), unit: unit, shape: shape, splitDimension: splitDimension,
            initializer: initializer, isOperand: isOperand)
    }

    /// What was made under this scope so far.
    package var parameters: [Parameter] {
        store.parameters.filter { $0.name.hasPrefix(path + ".") }
    }

    private func joined(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
