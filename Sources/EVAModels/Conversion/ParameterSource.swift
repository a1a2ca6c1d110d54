package import EVATensorFiles
package import Torch

/// The parameters of a network one at a time, wherever they come from.
package protocol ParameterSource {
    /// The number format in which a parameter is kept.
    func elementType(of parameter: String) -> ElementType

    /// A parameter in the network's own shape, on the CPU and in the format it is kept in.
    func tensor(of parameter: String) throws -> Tensor

    /// A tensor of a file that is at hand exactly as it is wanted; nil where it has to be composed.
    func stored(_ wanted: StoredTensor, shape: [Int]) throws -> HostTensor?
}

extension ParameterSource {
    package func stored(_ wanted: StoredTensor, shape: [Int]) throws -> HostTensor? { nil }
}
