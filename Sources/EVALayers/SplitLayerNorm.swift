package import Torch
internal import TorchParallel

/// Layer normalisation over a width of which each rank holds a part.
///
/// Mean and variance are those of the whole width: ranks gather two numbers a token forward, and sum
/// two backward. In a group of one rank it is `LayerNorm`.
///
/// - Shape: input and output `[..., F / R]`, F the whole width, R ranks.
/// - Precision: as `LayerNorm`.
package struct SplitLayerNorm {
    private let weight: Parameter
    private let bias: Parameter
    private let epsilon: Double
    private let parts: any ProcessGroup

    /// - Parameter width: the whole width.
    package init(_ width: Int, epsilon: Double, in scope: ParameterScope) {
        weight = scope.parameter(
            "weight", shape: [width], splitDimension: 0, initializer: .ones)
        bias = scope.parameter("bias", shape: [width], splitDimension: 0, initializer: .zeros)
        self.epsilon = epsilon
        parts = scope.layerParts
    }

    package func callAsFunction(_ x: Tensor, giving dtype: DType) -> Tensor {
        guard parts.size > 1 else {
            return x.layerNorm(
                weight: weight.value, bias: bias.value, epsilon: epsilon, giving: dtype)
        }
        let (weight, bias) = (weight.value, bias.value)
        let x = (input: x, read: x.detached())
        let statistics = withoutGradient {
            Statistics(of: x.read.cast(to: .float32), epsilon: epsilon, over: parts)
        }
        return CustomGradient.record(inputs: [x.input, weight, bias]) {
            let normalized = statistics.normalized(x.read)
            return [(normalized * weight + bias).cast(to: dtype)]
        } backward: { [parts] gradients in
            guard let gradient = gradients[0]?.cast(to: .float32) else { return [nil, nil, nil] }
            let normalized = statistics.normalized(x.read)
            let inner = gradient * weight
            let means = Tensor.stacked(
                [inner.sum(dimension: -1), (inner * normalized).sum(dimension: -1)], dimension: -1)
            try parts.sum(inPlace: means)
            means.multiply(inPlace: 1 / Double(weight.count * parts.size))
            let result =
                (inner - means.sliced(0..<1, dimension: -1)
                    - normalized * means.sliced(1..<2, dimension: -1))
                * statistics.inverseDeviation
            let rows = [-1, weight.count]
            return [
                result.cast(to: x.read.dtype),
                (gradient * normalized).reshaped(rows).sum(dimension: 0),
                gradient.reshaped(rows).sum(dimension: 0),
            ]
        }[0]
    }

    /// Mean and deviation of each vector over all ranks, `[..., 1]`.
    private struct Statistics {
        let mean: Tensor
        /// `1 / sqrt(variance + epsilon)`.
        let inverseDeviation: Tensor

        /// Combines each rank's own mean and squared distances to it (Chan, Golub and LeVeque 1979).
        ///
        /// Sums of squares would lose the variance beside a large mean.
        init(of x: Tensor, epsilon: Double, over parts: any ProcessGroup) {
            let ownMean = x.mean(dimension: -1, keepsDimension: true)
            let distances = x - ownMean
            let own = Tensor.concatenated(
                [ownMean, (distances * distances).sum(dimension: -1).unsqueezed(-1)], dimension: -1)
            // [R, ..., 2]
            let all = notingFailure(
                { try parts.gather(own.unsqueezed(0)) },
                else: .empty([parts.size] + own.shape, dtype: .float32, device: .meta))
            let means = all.sliced(0..<1, dimension: -1)
            mean = means.mean(dimension: 0)
            let spread = means - mean
            let width = Double(x.shape[x.rank - 1])
            let squares =
                all.sliced(1..<2, dimension: -1).sum(dimension: 0)
                + (spread * spread).sum(dimension: 0) * width
            inverseDeviation =
                (squares / (width * Double(parts.size)) + epsilon).reciprocalSquareRoot()
        }

        /// `x` with mean 0 and variance 1, in fp32.
        func normalized(_ x: Tensor) -> Tensor {
            (x.cast(to: .float32) - mean) * inverseDeviation
        }
    }
}
