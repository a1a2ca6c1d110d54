import EVAConfiguration
import EVALayers
import EVAModels
import EVAOptimization
import EVATensorFiles
import EVATestSupport
import Foundation
import Testing
import Torch

/// Five steps of training against PaddleMIX's own run.
@Suite struct OptimizerParityTests {
    private struct Golden: Decodable {
        struct Arguments: Decodable {
            let learning_rate, visual_lr, text_lr, visual_wd, text_wd: Double
            let visual_ld, text_ld, max_grad_norm: Double
            let warmup_steps: Int
        }
        struct Group: Decodable {
            let group: String
            let weight_decay, learning_rate: Double
            let params: [String]
        }
        struct Step: Decodable {
            let loss, loss_scale, sched_lr, grad_norm: Double
        }
        let args: Arguments
        let groups: [Group]
        let steps: [Step]
        let optimizer_epsilon_in_effect: Double
    }

    private func golden(_ name: String) throws -> Golden {
        try JSONDecoder().decode(
            Golden.self,
            from: Data(contentsOf: URL(fileURLWithPath: path("\(name).paddle.json"))))
    }

    private func path(_ name: String) -> String {
        Bundle.module.bundlePath + "/Fixtures/" + name
    }

    private func model() throws -> CLIP {
        var configuration = try ModelConfiguration(
            json: Fixtures.bytes("rei/b_eva02b.rei.json"), source: "b_eva02b")
        // PaddleMIX's own epsilon of this norm.
        configuration.vision.innerAttentionNormEpsilon = 1e-5
        let clip = CLIP(configuration, device: .cpu)
        try clip.loadWeights(from: Fixtures.tensors("rei/b_eva02b.weights.safetensors"))
        clip.store.makeUnits(computeDType: .float32)
        return clip
    }

    private func groups(_ arguments: Golden.Arguments, _ clip: CLIP) -> [ParameterGroup] {
        ParameterGrouping(
            visual: TowerRates(
                learningRate: arguments.visual_lr, weightDecay: arguments.visual_wd,
                layerDecay: arguments.visual_ld),
            other: TowerRates(
                learningRate: arguments.learning_rate, weightDecay: 0, layerDecay: 1),
            text: TowerRates(
                learningRate: arguments.text_lr, weightDecay: arguments.text_wd,
                layerDecay: arguments.text_ld)
        ).groups(of: clip.store.parameters)
    }

    @Test("Parameter groups are PaddleMIX's", arguments: ["adamw", "lamb_x20"])
    func parameterGroups(name: String) throws {
        let golden = try golden(name)
        let actual = groups(golden.args, try model())
        try #require(actual.count == golden.groups.count)
        for (a, b) in zip(actual, golden.groups) {
            #expect(a.tower.rawValue == b.group)
            #expect(Set(a.parameters.map(\.name)) == Set(b.params))
            #expect(a.weightDecay == b.weight_decay)
            #expect(abs(a.learningRate - b.learning_rate) <= Tolerance.doubles * b.learning_rate)
        }
    }

    @Test(
        "Losses, norms and final parameters are PaddleMIX's",
        arguments: ["adamw", "lamb", "adamw_x20", "lamb_x20"])
    func fiveSteps(name: String) throws {
        let golden = try golden(name)
        let clip = try model()
        let epsilon = golden.optimizer_epsilon_in_effect
        let optimizer = Optimizer(
            groups(golden.args, clip), over: clip.store,
            rule: name.hasPrefix("lamb") ? LAMB(epsilon: epsilon) : AdamW(epsilon: epsilon))
        let batches = try SafetensorsFile(path: path("batches.safetensors"))
        let images = try batches.tensor(named: "image").makeTensor()
        let ids = try batches.tensor(named: "input_ids").makeTensor()
        for (index, step) in golden.steps.enumerated() {
            let context = ForwardContext.training(random: RandomSource(seed: 0))
            let features = clip.encodeImages(images.selected(index, dimension: 0), context)
            let texts = clip.encodeTexts(ids.selected(index, dimension: 0), context)
            let logits = features.matmul(texts.transposed(0, 1)) * clip.logitScale.value.exp()
            let hits = logits.diagonal().mean()
            let loss =
                ((logits.logSumExp(dimension: 1) + logits.logSumExp(dimension: 0)).mean()
                    - hits * 2) * 0.5
            #expect(
                abs(loss.detached().item() - step.loss) < Tolerance.lossAfterSteps,
                "\(name) loss \(index)")
            (loss * step.loss_scale).backward()
            let norm = GradientNorm.clip(
                clip.store, norm: try GradientNorm.of(clip.store),
                to: golden.args.max_grad_norm)
            #expect(
                abs(norm.item() / step.grad_norm - 1) < Tolerance.gradientNorm,
                "\(name) norm \(index): \(norm.item())")
            try optimizer.step(rateMultiplier: step.sched_lr)
            clip.store.clearGradients()
            clip.clampLogitScale()
        }
        guard name.hasSuffix("x20") else { return }
        let final = try SafetensorsFile(path: path("\(name).paddle.final.safetensors"))
        let layout = WeightNaming.paddleMIX.layout(
            of: clip.store.parameters.map { ($0.name, $0.shape) })
        for stored in layout where !stored.name.hasSuffix("k_proj.bias") {
            let parameter = try #require(clip.store[stored.name])
            var expected = try final.tensor(named: stored.name).makeTensor()
            if stored.isTransposed { expected = expected.transposed(0, 1) }
            let actual = parameter.value.detached().reshaped(expected.shape)
            let comparison = Comparison(actual, expected)
            #expect(
                comparison.isWithin(Tolerance.weightsAfterSteps),
                "\(name) \(stored.name): \(comparison)")
        }
        #expect(final.names.count > 90)
    }

    @Test("The schedule begins at zero, peaks after warm-up and ends at zero")
    func schedule() throws {
        let golden = try golden("adamw")
        let schedule = LearningRateSchedule(warmupSteps: 3, totalSteps: 100)
        #expect(schedule.multiplier(afterSteps: 0) == 0)
        let difference = schedule.multiplier(afterSteps: 1) - golden.steps[1].sched_lr
        #expect(abs(difference) < Tolerance.doubles)
        #expect(schedule.multiplier(afterSteps: 3) == 1)
        #expect(schedule.multiplier(afterSteps: 100) == 0)
        #expect(LearningRateSchedule(warmupSteps: 0, totalSteps: 2).multiplier(afterSteps: 0) == 1)
    }
}
