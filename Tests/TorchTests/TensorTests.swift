import EVATestSupport
import Testing

@testable import Torch

@Suite struct TensorTests {
    @Test("Elements go in and out of host memory unchanged")
    func roundTrip() {
        let values: [Float] = (0..<24).map { Float($0) * 0.5 }
        let tensor = Tensor(values, shape: [2, 3, 4])
        #expect(tensor.shape == [2, 3, 4])
        #expect(tensor.dtype == .float32)
        #expect(tensor.floats() == values)
        #expect(tensor.transposed(0, 2).shape == [4, 3, 2])
        #expect(Array(tensor.transposed(0, 2).floats().prefix(3)) == [0, 6, 2])
    }

    @Test("Every dtype survives the C boundary", arguments: DType.allCases)
    func dtypes(dtype: DType) {
        let tensor = Tensor.full([3], 1, dtype: dtype, device: .cpu)
        #expect(tensor.dtype == dtype)
        #expect(tensor.floats() == [1, 1, 1])
    }

    @Test("A wrong byte count is refused")
    func wrongByteCount() {
        #expect(throws: TorchError.self) {
            try [UInt8](repeating: 0, count: 7).withUnsafeBytes {
                try Tensor(bytes: $0, shape: [2], dtype: .float32)
            }
        }
    }

    @Test("A failing operator tells its arguments and no C++ frames")
    func failure() throws {
        let a = Tensor.full([2, 3], 0, device: .cpu)
        let error = #expect(throws: TorchError.self) {
            _ = try Operator.matmul.call([.tensor(a), .tensor(a)])
        }
        let text = try #require(error).description
        #expect(text.contains("aten::matmul"))
        #expect(text.contains("[2, 3]"))
        #expect(!text.contains("frame #"))
    }

    @Test("Devices are known by name, and absent ones say so")
    func devices() throws {
        #expect(try Device(named: "cpu") == .cpu)
        #expect(try Device(named: "meta") == .meta)
        for name in ["gpu", "cuda:", "cpu:0", ""] {
            #expect(throws: TorchError.self) { try Device(named: name) }
        }
    }

    @Test("Results that are lists come in order")
    func lists() {
        let tensors = (1...3).map { Tensor.full([2], Double($0), device: .cpu) }
        let scaled = Foreach.scaled(tensors, by: 2)
        #expect(scaled.map { $0.floats()[0] } == [2, 4, 6])
        #expect(Foreach.norms(tensors).map { $0.item() }[1] == Double(Float(8).squareRoot()))
    }

    @Test("The comparison fails on a perturbed input")
    func negativeControl() {
        let values: [Float] = [1, 2, 3]
        #expect(Comparison(values, values).isWithin(0))
        #expect(!Comparison(values, [1, 2, 3.001]).isWithin(Tolerance.unitFeatures))
        #expect(!Comparison(values, [1, 2]).isWithin(1))
        #expect(!Comparison([.nan, 2, 3], values).isWithin(1))
        #expect(!Comparison(Tensor(values, shape: [3]), Tensor(values, shape: [1, 3])).isWithin(1))
    }
}
