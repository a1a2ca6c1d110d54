import EVALayers
import EVAOptimization
import EVATestSupport
import Foundation
import Testing
import Torch

@Suite struct WeightAverageTests {
    /// A store with one trained and one locked parameter.
    private func store(_ dtype: DType = .float32) -> (ParameterStore, Parameter) {
        let store = ParameterStore(device: .cpu)
        let weight = store.scope.parameter("w", shape: [2], initializer: .zeros, isOperand: true)
        store.scope.parameter("locked", shape: [2], initializer: .ones).isTrained = false
        store.makeUnits(computeDType: dtype)
        store.initialize(seed: 0)
        return (store, weight)
    }

    private func set(_ weight: Parameter, _ values: [Float]) {
        withoutGradient { weight.master.copy(from: Tensor(values, shape: [2])) }
    }

    private func averages(_ average: WeightAverage, _ weight: Parameter) throws -> [Float] {
        try average.whileInPlace { weight.value.detached().floats() }
    }

    @Test(
        "The average is the weights' mean, each step counting as the decay says",
        arguments: [0, 0.5, 0.9, 0.9999])
    func mean(decay: Double) throws {
        let (store, weight) = store()
        let average = WeightAverage(of: store, decay: decay)
        let course: [[Float]] = [[1, -4], [2, 7], [4, 0.5], [-3, 2], [0.25, 1]]
        for (index, values) in course.enumerated() {
            set(weight, values)
            average.update(step: index + 1)
            // The definition, summed out in double precision.
            let counts = (0...index).map { pow(decay, Double(index - $0)) }
            let expected = (0..<2).map { column in
                Float(
                    zip(counts, course).reduce(0) { $0 + $1.0 * Double($1.1[column]) }
                        / counts.reduce(0, +))
            }
            let comparison = Comparison(try averages(average, weight), expected)
            #expect(
                comparison.isWithin(Tolerance.weightsAfterSteps), "step \(index + 1): \(comparison)"
            )
        }
    }

    @Test("Without the correction it is timm's average, from the first weights on")
    func plain() throws {
        let (store, weight) = store()
        let average = WeightAverage(of: store, decay: 0.9, isBiasCorrected: false)
        let course: [[Float]] = [[1, -4], [2, 7], [4, 0.5], [-3, 2]]
        set(weight, course[0])
        average.restart()
        // timm's ModelEmaV2: a copy of the model, then decay * e + (1 - decay) * m at every step.
        var expected = course[0].map(Double.init)
        for (index, values) in course.dropFirst().enumerated() {
            set(weight, values)
            average.update(step: index + 1)
            expected = zip(expected, values).map { 0.9 * $0 + (1 - 0.9) * Double($1) }
            let comparison = Comparison(try averages(average, weight), expected.map { Float($0) })
            #expect(
                comparison.isWithin(Tolerance.rearranged * 4), "step \(index + 1): \(comparison)")
        }
        let corrected = WeightAverage(of: store, decay: 0.9)
        corrected.update(step: 1)
        #expect(try averages(corrected, weight) == course[3], "the corrected one forgets the start")
    }

    @Test("A look at the averages leaves weights and averages as they were")
    func exchange() throws {
        let (store, weight) = store(.bfloat16)
        let average = WeightAverage(of: store, decay: 0.5)
        set(weight, [1, 3])
        store.refreshOperands()
        average.restart()
        set(weight, [5, 7])
        store.refreshOperands()
        for _ in 0..<2 {
            #expect(try averages(average, weight) == [1, 3])
            #expect(weight.value.floats() == [5, 7] && weight.master.floats() == [5, 7])
            #expect(weight.value.dtype == .bfloat16)
        }
    }
}
