package import Torch
internal import TorchParallel

// Whole parameters out of the parts that ranks hold of them.
extension ParameterStore {
    /// The whole of what each rank holds a part of: of a parameter, its gradient or its moments.
    ///
    /// All ranks of `layerParts` call it for the same parameters in the same order. A parameter that
    /// is not split is the same on all of them, and nothing is sent.
    ///
    /// - Parameters:
    ///   - tensor: this rank's part, of the parameter's local shape.
    ///   - parameter: says how it is split.
    /// - Returns: a tensor of the parameter's whole shape; `tensor` itself where it is not split.
    /// - Throws: `ParallelError` where a rank does not come.
    package func merged(_ tensor: Tensor, as parameter: Parameter) throws -> Tensor {
        guard let split = parameter.split else { return tensor }
        return try withoutGradient {
            let parts = try layerParts.gather(tensor.detached().contiguous())
            guard split.dimension > 0 else { return parts }
            let height = tensor.shape[0]
            return Tensor.concatenated(
                (0..<split.count).map {
                    parts.sliced($0 * height..<($0 + 1) * height, dimension: 0)
                }, dimension: split.dimension)
        }
    }
}
