import EVATestSupport
import Testing
import Torch

@Suite struct LayerNormTests {
    private static let epsilon = 1e-6

    private func draw(_ shape: [Int], _ name: String) -> Tensor {
        let tensor = Tensor.empty(shape, dtype: .float32, device: .cpu)
        tensor.fillNormal(standardDeviation: 1, from: RandomSource(seed: 5).stream(name))
        return tensor
    }

    /// The result and the gradients of input, weight and bias.
    private func run(_ x: Tensor, giving dtype: DType) throws -> [Tensor] {
        let leaves = [x, draw([24], "weight"), draw([24], "bias")].map { $0.detached() }
        for leaf in leaves { leaf.requiresGradient = true }
        let result = leaves[0].layerNorm(
            weight: leaves[1], bias: leaves[2], epsilon: Self.epsilon, giving: dtype)
        // A gradient that 16 bits hold, so that it is the same one in every format.
        try Tensor.backward(
            [result], [draw([3, 5, 24], "gradient").cast(to: .bfloat16).cast(to: dtype)])
        return try [result.detached()] + leaves.map { try #require($0.gradient) }
    }

    @Test("A norm is its formula")
    func formula() throws {
        let x = draw([3, 5, 24], "x") + 2.0
        let actual = try run(x, giving: .float32)[0]
        let mean = x.mean(dimension: -1, keepsDimension: true)
        let variance = ((x - mean) * (x - mean)).mean(dimension: -1, keepsDimension: true)
        let deviation = ((variance + Self.epsilon).log() * 0.5).exp()
        let expected = (x - mean) / deviation * draw([24], "weight") + draw([24], "bias")
        let comparison = Comparison(actual, expected)
        #expect(comparison.isWithin(Tolerance.rearranged * 8), "\(comparison)")
    }

    @Test("A norm that gives 16 bits rounds its result, and no gradient, more often than once")
    func roundsOnce() throws {
        let x = draw([3, 5, 24], "x").cast(to: .bfloat16)
        let exact = try run(x.cast(to: .float32), giving: .float32)
        for dtype in [DType.bfloat16, .float16, .float32] {
            let actual = try run(x, giving: dtype)
            #expect(actual[0].dtype == dtype)
            #expect(actual[0].floats() == exact[0].cast(to: dtype).floats())
            #expect(actual[1].dtype == .bfloat16)
            #expect(actual[1].floats() == exact[1].cast(to: .bfloat16).floats())
            #expect(actual[2].dtype == .float32 && actual[2].floats() == exact[2].floats())
            #expect(actual[3].dtype == .float32 && actual[3].floats() == exact[3].floats())
        }
    }
}
