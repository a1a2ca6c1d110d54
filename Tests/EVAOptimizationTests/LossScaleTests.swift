import EVALayers
import EVAOptimization
import EVATestSupport
import Foundation
import Testing
import Torch

@Suite struct LossScaleTests {
    @Test("The scale doubles after 2,000 good steps and halves after an overflow")
    func course() {
        var scale = LossScale(32768)
        for _ in 0..<1999 { scale.noteGoodStep() }
        #expect(scale.value == 32768)
        scale.noteGoodStep()
        #expect(scale.value == 65536 && scale.goodSteps == 0)
        for _ in 0..<1999 { scale.noteGoodStep() }
        scale.noteOverflow()
        #expect(scale.value == 32768)
        for _ in 0..<1999 { scale.noteGoodStep() }
        #expect(scale.value == 32768)
    }

    @Test("A scale under one is no reason for an overflow")
    func floor() {
        var scale = LossScale(2)
        scale.noteOverflow()
        #expect(scale.value == 1 && scale.explainsOverflow)
        scale.noteOverflow()
        #expect(scale.value == 0.5 && !scale.explainsOverflow)
    }

    @Test(
        "Gradients of a scaled loss are divided before they are clipped",
        arguments: [(0.0, 1.0), (100.0, 1.0), (2.5, 0.5)])
    func clipping(limit: Double, factor: Double) throws {
        let store = ParameterStore(device: .cpu)
        let parameter = store.scope.parameter("w", shape: [2], initializer: .zeros)
        store.makeUnits(computeDType: .float32)
        parameter.value.gradient = Tensor([3 * 1024, 4 * 1024] as [Float], shape: [2])
        let norm = try GradientNorm.of(store)
        #expect(norm.item() == 5 * 1024)
        let divided = GradientNorm.clip(
            store, norm: norm, to: limit, lossScale: 1024)
        #expect(divided.item() == 5)
        let comparison = Comparison(
            parameter.gradient?.floats() ?? [], [3, 4].map { $0 * Float(factor) })
        #expect(comparison.isWithin(Tolerance.rearranged), "\(comparison)")
    }
}
