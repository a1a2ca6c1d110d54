import EVALayers
import EVAOptimization
import EVATestSupport
import Foundation
import Testing
import Torch

@Suite struct LionTests {
    private struct Golden: Decodable {
        let weights, moment, rates: [Double]
        let gradients: [[Double]]
        let decayed, undecayed: [Double]

        enum CodingKeys: String, CodingKey {
            case weights, moment, rates, gradients
            case decayed = "weights_decay_0.3"
            case undecayed = "weights_decay_0.0"
        }
    }

    private func golden() throws -> Golden {
        let path = Bundle.module.bundlePath + "/Fixtures/lion.json"
        return try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func tensor(_ values: [Double]) -> Tensor {
        Tensor(values.map(Float.init), shape: [2, 3])
    }

    @Test("Six steps are lion-pytorch's", arguments: [0, 0.3])
    func steps(decay: Double) throws {
        let golden = try golden()
        let store = ParameterStore(device: .cpu)
        let weight = store.scope.parameter("w", shape: [2, 3], initializer: .zeros)
        store.makeUnits(computeDType: .float32)
        withoutGradient { weight.value.copy(from: tensor(golden.weights)) }
        let rates = TowerRates(learningRate: 0.02, weightDecay: decay, layerDecay: 1)
        let groups = ParameterGrouping(visual: rates, other: rates, text: rates)
            .groups(of: store.parameters)
        let optimizer = Optimizer(groups, over: store, rule: Lion())
        #expect(optimizer.moments.map(\.name) == ["first_moment.w"])
        for (rate, gradient) in zip(golden.rates, golden.gradients) {
            weight.value.gradient = tensor(gradient)
            try optimizer.step(rateMultiplier: rate / 0.02)
            store.clearGradients()
        }
        let expected = tensor(decay > 0 ? golden.decayed : golden.undecayed)
        let weights = Comparison(weight.value.detached(), expected)
        #expect(weights.isWithin(Tolerance.lastPlace), "\(weights)")
        let moments = Comparison(optimizer.moments[0].own.reshaped([2, 3]), tensor(golden.moment))
        #expect(moments.isWithin(Tolerance.lastPlace), "\(moments)")
    }
}
