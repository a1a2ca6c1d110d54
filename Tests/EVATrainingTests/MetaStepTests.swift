import EVAConfiguration
import EVALayers
import EVAModels
import EVAOptimization
import EVATraining
import Testing
import Torch

/// A whole training step on a device without elements, where a tensor of the CPU fails.
@Suite struct MetaStepTests {
    @Test(
        "A training step makes no tensor but on its device",
        arguments: ["EVA01-CLIP-g-14", "EVA02-CLIP-B-16", "EVA02-CLIP-bigE-14"])
    func step(name: String) throws {
        var configuration = try ModelPreset.named(name).configuration
        configuration.vision.layerCount = 2
        configuration.text.layerCount = 2
        configuration.vision.patchDropout = 0.5
        configuration.vision.dropPathRate = 0.1
        configuration.initialLogitBias = -10
        let size = configuration.vision.imageSize
        let images = Tensor.empty([3, 3, size, size], dtype: .float32, device: .meta)
        let ids = Tensor.full([3, 9], 1, dtype: .int64, device: .meta)
        let keys = Tensor.full([3], 1, dtype: .int64, device: .meta)
        let rules: [any UpdateRule] = [AdamW(), LAMB(), Lion()]
        for (rule, kind) in zip(rules, [.softmax, .sigmoid, .softmax] as [LossConfiguration.Kind]) {
            let clip = CLIP(configuration, device: .meta)
            clip.store.makeUnits(computeDType: .float16)
            let average = WeightAverage(of: clip.store, decay: 0.9)
            let rates = TowerRates(learningRate: 1e-3, weightDecay: 0.05, layerDecay: 0.9)
            let context = ForwardContext.training(
                computeDType: .float16, random: RandomSource(seed: 1), recomputesActivations: true)
            let loss = try ContrastiveLoss(kind, masksDuplicates: true, tileElementLimit: 4)(
                images: clip.encodeImages(images, context),
                texts: clip.encodeTexts(ids, context), logitScale: clip.logitScale.value,
                logitBias: kind == .sigmoid ? clip.logitBias?.value : nil,
                keys: ContrastiveLoss.Keys(images: keys, texts: keys))
            loss.backward(Tensor.full([], 1024, device: .meta))
            if kind == .softmax { clip.logitBias?.isTrained = false }
            clip.store.collectGradients()
            let norm = GradientNorm.clip(
                clip.store, norm: try GradientNorm.of(clip.store), to: 5, lossScale: 1024)
            #expect(norm.device == .meta)
            let optimizer = Optimizer(
                ParameterGrouping(visual: rates, other: rates, text: rates)
                    .groups(of: clip.store.parameters), over: clip.store, rule: rule)
            try optimizer.step(rateMultiplier: 1)
            clip.clampLogitScale()
            clip.store.refreshOperands()
            average.update(step: optimizer.stepCount)
            for moment in optimizer.moments {
                #expect(moment.share.device == .meta, "\(moment.name)")
            }
        }
    }

    @Test("A tensor of the CPU among an optimizer's does fail")
    func strictness() throws {
        let (a, b) = (
            Tensor.full([2], 1, device: .meta), Tensor.full([2], 1, device: .cpu)
        )
        for gradient in [a, b] {
            let arguments: [OperatorArgument] =
                [.tensor(a), .tensor(gradient), .tensor(a), .tensor(a), .ints([0, 2])]
                + [.doubles([0.1]), .doubles([0]), .double(0.9), .double(0.999), .double(1e-8)]
                + [.int(1)]
            if gradient === a {
                _ = try Operator.adamW.call(arguments)
            } else {
                #expect(throws: TorchError.self) { try Operator.adamW.call(arguments) }
            }
        }
    }
}
