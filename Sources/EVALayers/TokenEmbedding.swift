package import Torch
internal import TorchParallel

/// A table of one vector for each token; ranks that share the layer hold its rows by ranges.
///
/// - Shape: token ids `[...]` give `[..., D]`; table `[V, D]`.
/// - Precision: fp32. The sum over the ranks has one addend that is not zero, so it is exact.
package struct TokenEmbedding {
    private let weight: Parameter
    private let parts: any ProcessGroup

    /// Makes `weight` under `scope`.
    package init(
        vocabularySize: Int, width: Int, initializer: Initializer, in scope: ParameterScope
    ) {
        weight = scope.parameter(
            "weight", shape: [vocabularySize, width], splitDimension: 0, initializer: initializer)
        parts = scope.layerParts
    }

    package func callAsFunction(_ ids: Tensor) -> Tensor {
        guard let split = weight.split else { return weight.value.embedding(ids) }
        // Scalars make fp32 of integers, which holds every id of a vocabulary up to 2^24.
        let rows = split.range(in: weight.wholeShape)
        let places = (ids - Double(rows.lowerBound)).cast(to: .int64)
        let held = places.clamped(from: 0, to: Double(rows.count - 1)).cast(to: .int64)
        let isElsewhere = held.isEqual(to: places).not().unsqueezed(-1)
        return sumOfParts(
            weight.value.embedding(held).filled(with: 0, where: isElsewhere), of: parts)
    }
}
