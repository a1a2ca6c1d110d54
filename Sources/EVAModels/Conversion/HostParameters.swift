package import EVALayers
package import EVATensorFiles
package import Torch

/// The parameters of a network as host memory has them, or will have them one at a time.
package struct HostParameters: ParameterSource {
    /// One parameter.
    package struct Value {
        let elementType: ElementType
        let read: () throws -> HostTensor

        /// - Parameter read: gives the elements, in the parameter's shape.
        package init(elementType: ElementType, read: @escaping () throws -> HostTensor) {
            self.elementType = elementType
            self.read = read
        }
    }

    private let values: [String: Value]

    package init(_ values: [String: Value]) {
        self.values = values
    }

    /// The parameters that a model has now, in the formats that files hold them in.
    package init(of store: ParameterStore) {
        let pairs = store.parameters.map { parameter in
            (
                parameter.name,
                Value(elementType: parameter.master.dtype.elementType) {
                    try store.merged(parameter.master, as: parameter).hostTensor()
                }
            )
        }
        values = Dictionary(uniqueKeysWithValues: pairs)
    }

    package func elementType(of parameter: String) -> ElementType {
        value(of: parameter).elementType
    }

    package func tensor(of parameter: String) throws -> Tensor {
        try value(of: parameter).read().makeTensor()
    }

    /// Joins parameters without a tensor library, which a thread of its own has no use of.
    package func stored(_ wanted: StoredTensor, shape: [Int]) throws -> HostTensor? {
        guard !wanted.isTransposed else { return nil }
        let parts = try wanted.parameters.map { try value(of: $0).read() }
        guard parts.count > 1 else { return parts[0].reshaped(shape) }
        return HostTensor(elementType: parts[0].elementType, shape: shape) { target in
            var start = 0
            for part in parts {
                part.withUnsafeBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: target[start..<start + bytes.count])
                        .copyMemory(from: bytes)
                    start += bytes.count
                }
            }
        }
    }

    private func value(of parameter: String) -> Value {
        guard let value = values[parameter] else {
            fatalError("'\(parameter)' is not among the parameters in host memory")
        }
        return value
    }
}
