import EVATestSupport
import Testing

@testable import Torch

/// `evaclip::linear` beside the same sums in fp64 by ATen.
@Suite struct LinearTests {
    /// Rows, input width, output width: blocks of odd sizes, one row, one column.
    static let shapes = [[7, 5, 3], [1, 64, 48], [130, 33, 65], [48, 128, 1], [256, 192, 96]]

    private func random(_ shape: [Int], _ name: String, _ dtype: DType) -> Tensor {
        let values = Tensor.empty(shape, dtype: .float32, device: .cpu)
        values.fillNormal(standardDeviation: 1, from: RandomSource(seed: 3).stream(name))
        // Both sides begin with numbers that the format holds exactly.
        return values.cast(to: dtype)
    }

    private struct Results {
        let output: Tensor
        let gradients: [Tensor]
    }

    /// The output and the gradients of x, weight and bias under a given gradient of the output.
    private func run(
        _ shape: [Int], _ dtype: DType, in computed: DType,
        _ linear: (Tensor, Tensor, Tensor?) -> Tensor
    ) throws -> Results {
        let leaves = [
            random([shape[0], shape[1]], "x", dtype),
            random([shape[2], shape[1]], "weight", dtype),
            random([shape[2]], "bias", dtype),
        ].map { $0.cast(to: computed).detached() }
        for leaf in leaves { leaf.requiresGradient = true }
        let output = linear(leaves[0], leaves[1], leaves[2])
        output.backward(random([shape[0], shape[2]], "gradient", dtype).cast(to: computed))
        return Results(
            output: output.detached(), gradients: try leaves.map { try #require($0.gradient) })
    }

    /// The largest difference as a share of the largest number, or of 1 where that is less: the
    /// terms of each sum are of unit scale, and their sum may come out near zero.
    private func share(_ actual: Tensor, _ expected: Tensor) -> Float {
        let largest = expected.floats().map(abs).max() ?? 1
        return Comparison(actual, expected).largestDifference / max(largest, 1)
    }

    @Test(
        "Output and gradients are ATen's in fp64, to the rounding of the format",
        arguments: [DType.float32, .bfloat16, .float16], shapes)
    func values(dtype: DType, shape: [Int]) throws {
        let actual = try run(shape, dtype, in: dtype) { $0.linear(weight: $1, bias: $2) }
        let exact = try run(shape, dtype, in: .float64) {
            Operator.matmul(.tensor($0), .tensor($1.transposed(0, 1))) + ($2 ?? $0)
        }
        let tolerance: Float =
            switch dtype {
            case .bfloat16: Tolerance.bfloat16Rounding
            case .float16: Tolerance.float16Rounding
            default: Tolerance.rearranged
            }
        #expect(actual.output.dtype == dtype)
        #expect(share(actual.output, exact.output) <= tolerance)
        for (a, b) in zip(actual.gradients, exact.gradients) {
            #expect(a.dtype == dtype)
            #expect(share(a, b) <= tolerance, "\(a)")
        }
        // The comparison sees a single wrong element.
        let wrong = actual.output.detached() + 0
        wrong.sliced(0..<1, dimension: 0).multiply(inPlace: 1.5)
        #expect(share(wrong, exact.output) > tolerance)
    }

    @Test("Transposed operands, leading dimensions and no rows are taken")
    func forms() {
        let x = random([6, 4], "x", .float32)
        let weight = random([4, 5], "weight", .float32)
        let plain = x.matmul(weight)
        let output = x.linear(weight: weight.transposed(0, 1), bias: nil)
        #expect(share(output, plain) <= Tolerance.rearranged)
        let deep = x.reshaped([2, 3, 4]).linear(weight: weight.transposed(0, 1), bias: nil)
        #expect(deep.shape == [2, 3, 5])
        #expect(deep.floats() == output.floats())
        let none = Tensor.empty([0, 4], dtype: .float32, device: .cpu)
        #expect(none.linear(weight: weight.transposed(0, 1), bias: nil).shape == [0, 5])
    }

    @Test("Attention in 16 bits is that of fp32, to the rounding of the format")
    func attention() {
        for (dtype, tolerance) in [
            (DType.bfloat16, Tolerance.bfloat16Rounding), (.float16, Tolerance.float16Rounding),
        ] {
            let (q, k, v) = (
                random([2, 3, 17, 8], "q", dtype), random([2, 3, 17, 8], "k", dtype),
                random([2, 3, 17, 8], "v", dtype)
            )
            for isCausal in [false, true] {
                let actual = Tensor.attention(q, k, v, isCausal: isCausal)
                let exact = Tensor.attention(
                    q.cast(to: .float32), k.cast(to: .float32), v.cast(to: .float32),
                    isCausal: isCausal)
                #expect(actual.dtype == dtype)
                #expect(share(actual, exact) <= tolerance)
            }
        }
    }
}
