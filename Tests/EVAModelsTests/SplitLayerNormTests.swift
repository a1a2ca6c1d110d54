import EVALayers
import EVATestSupport
import Testing
import Torch
import TorchParallel

@Suite struct SplitLayerNormTests {
    private static let (rows, width) = (7, 24)

    private static func draw(_ shape: [Int], _ name: String) -> Tensor {
        let tensor = Tensor.empty(shape, dtype: .float32, device: .cpu)
        tensor.fillNormal(standardDeviation: 1, from: RandomSource(seed: 5).stream(name))
        return tensor
    }

    /// This rank's columns of the result, the input's gradient, and the affine map's gradients.
    private static func outcome(mean: Double, in group: any ProcessGroup) throws -> [[Float]] {
        let store = ParameterStore(device: .cpu, layerParts: group)
        let norm = SplitLayerNorm(width, epsilon: 1e-6, in: store.scope["norm"])
        for parameter in store.parameters {
            withoutGradient {
                let values = draw([width], parameter.name)
                parameter.master.copy(from: parameter.split?.part(of: values) ?? values)
            }
        }
        let columns = group.rank * width / group.size..<(group.rank + 1) * width / group.size
        func own(_ name: String) -> Tensor {
            draw([rows, width], name).sliced(columns, dimension: 1).contiguous()
        }
        let x = (own("x") + mean).detached()
        x.requiresGradient = true
        let result = norm(x, giving: .float32)
        try Tensor.backward([result], [own("gradient")])
        return try [result.detached(), x.gradient].map { tensor in
            try group.gather(#require(tensor).transposed(0, 1)).floats()
        }
            + store.parameters.map { try store.merged(#require($0.gradient), as: $0).floats() }
    }

    // Sums of squares would have lost all of the variance beside a mean of 1000.
    @Test(
        "A norm over a width that ranks share is the norm of the whole", arguments: [2, 4],
        [0.0, 1000.0])
    func statistics(size: Int, mean: Double) throws {
        let whole = try Self.outcome(mean: mean, in: SingleProcessGroup())
        let outcomes = try ThreadedProcessGroup.run(size: size) {
            try Self.outcome(mean: mean, in: $0)
        }
        // The mean's own last place, times weights and gradients of up to ten.
        let tolerance = Tolerance.rearranged * 8 + Float(mean) * Tolerance.lastPlace * 10
        for outcome in outcomes {
            for (actual, expected) in zip(outcome, whole) {
                let comparison = Comparison(actual, expected)
                #expect(comparison.isWithin(tolerance), "\(comparison)")
            }
            #expect(outcome == outcomes[0])
        }
    }
}
