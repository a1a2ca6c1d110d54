package import EVATensorFiles

/// Named tensors that lie in no file.
package struct MemoryTensors: TensorContainer {
    package let path = "memory"
    package let entries: [TensorEntry]
    private let tensors: [String: HostTensor]

    package init(_ tensors: [(name: String, tensor: HostTensor)]) {
        entries = tensors.map {
            TensorEntry(name: $0.name, elementType: $0.tensor.elementType, shape: $0.tensor.shape)
        }
        self.tensors = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
    }

    /// All tensors of another container, each renamed or, where nil, left out.
    package init(_ other: some TensorContainer, renaming: (String) -> String?) throws {
        self.init(
            try other.names.compactMap { name in
                guard let newName = renaming(name) else { return nil }
                return (newName, try other.tensor(named: name))
            })
    }

    package func tensor(named name: String) throws -> HostTensor {
        guard let tensor = tensors[name] else { fatalError("no tensor '\(name)' in memory") }
        return tensor
    }
}
