import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import EVATraining
import Testing
import Torch

/// The network and the loss against EVA-CLIP's own program, on its weights.
@Suite struct ModelParityTests {
    static func load(_ family: String, weights: String = "rei") throws -> CLIP {
        let configuration = try ModelConfiguration(
            json: Fixtures.bytes("rei/\(family).rei.json"), source: family)
        let clip = CLIP(configuration, device: .cpu)
        try clip.loadWeights(from: Fixtures.tensors("\(weights)/\(family).weights.safetensors"))
        return clip
    }

    @Test("Features and activations equal the original's", arguments: Fixtures.families)
    func features(family: String) throws {
        let clip = try Self.load(family)
        let golden = try Fixtures.tensors("rei/\(family).io.safetensors")
        let images = try golden.tensor(named: "image").makeTensor()
        let ids = try golden.tensor(named: "input_ids").makeTensor()
        let context = ForwardContext.evaluation()
        try withoutGradient {
            for (name, tolerance, actual) in [
                ("image_features_raw", Tolerance.rawFeatures, clip.vision(images, context)),
                ("text_features_raw", Tolerance.rawFeatures, clip.text(ids, context)),
                ("image_features", Tolerance.unitFeatures, clip.encodeImages(images, context)),
                ("text_features", Tolerance.unitFeatures, clip.encodeTexts(ids, context)),
            ] {
                let expected = try golden.tensor(named: name).makeTensor()
                let comparison = Comparison(actual, expected)
                #expect(comparison.isWithin(tolerance), "\(family) \(name): \(comparison)")
            }
        }
    }

    @Test("The loss and every gradient equal the original's", arguments: Fixtures.families)
    func gradients(family: String) throws {
        let clip = try Self.load(family)
        try checkGradients(
            of: clip, family: family, context: .training(random: RandomSource(seed: 1)))
    }

    @Test("Recomputing activations changes no gradient", arguments: Fixtures.families)
    func recomputation(family: String) throws {
        let plain = try Self.load(family)
        let recomputing = try Self.load(family)
        let golden = try Fixtures.tensors("rei/\(family).io.safetensors")
        for (clip, recomputes) in [(plain, false), (recomputing, true)] {
            try loss(
                of: clip, golden,
                .training(random: RandomSource(seed: 1), recomputesActivations: recomputes)
            ).backward()
        }
        for (a, b) in zip(plain.store.parameters, recomputing.store.parameters) {
            #expect(a.value.gradient?.floats() == b.value.gradient?.floats(), "\(a.name)")
        }
    }

    @Test("Texts cut behind the longest give the same loss and gradients", arguments: ["b_eva02b"])
    func textCutting(family: String) throws {
        let golden = try Fixtures.tensors("rei/\(family).io.safetensors")
        let allIds = try golden.tensor(named: "input_ids").makeTensor()
        // The end mark is the largest id of a text; the pairs with the two shortest are taken.
        let ends = allIds.argmax(dimension: 1).integers()
        let rows = ends.indices.sorted { ends[$0] < ends[$1] }.prefix(2)
        let pairs = Tensor(rows.map(Int64.init), shape: [2])
        let ids = allIds.selected(indices: pairs, dimension: 0)
        let images = try golden.tensor(named: "image").makeTensor()
            .selected(indices: pairs, dimension: 0)
        let longest = try #require(rows.map { ends[$0] }.max()) + 1
        try #require(longest < ids.shape[1])
        let (whole, cut) = (try Self.load(family), try Self.load(family))
        var losses: [Float] = []
        for (clip, ids) in [(whole, ids), (cut, ids.sliced(0..<longest, dimension: 1))] {
            let context = ForwardContext.evaluation()
            let loss = try ContrastiveLoss()(
                images: clip.encodeImages(images, context), texts: clip.encodeTexts(ids, context),
                logitScale: clip.logitScale.value)
            loss.backward()
            losses += loss.detached().floats()
        }
        #expect(abs(losses[0] - losses[1]) <= Tolerance.rearranged * losses[0])
        for (a, b) in zip(whole.store.parameters, cut.store.parameters) {
            let expected = try #require(a.value.gradient).floats()
            let actual = try #require(b.value.gradient).floats()
            // The key's bias has an exact gradient of zero: only rounding is left of it.
            let isNothing = a.name.hasSuffix("k_proj.bias")
            let largest = isNothing ? 0.1 : expected.map(abs).max() ?? 0
            let comparison = Comparison(actual, expected)
            #expect(
                comparison.isWithin(Tolerance.rearranged * 4 * largest), "\(a.name): \(comparison)")
        }
    }

    private func loss(of clip: CLIP, _ golden: SafetensorsFile, _ context: ForwardContext) throws
        -> Tensor
    {
        try ContrastiveLoss()(
            images: clip.encodeImages(golden.tensor(named: "image").makeTensor(), context),
            texts: clip.encodeTexts(golden.tensor(named: "input_ids").makeTensor(), context),
            logitScale: clip.logitScale.value)
    }

    private func checkGradients(of clip: CLIP, family: String, context: ForwardContext) throws {
        let golden = try Fixtures.tensors("rei/\(family).io.safetensors")
        let loss = try loss(of: clip, golden, context)
        let expectedLoss = try golden.tensor(named: "loss").floats()
        let comparison = Comparison(loss.floats(), expectedLoss)
        #expect(comparison.isWithin(Tolerance.unitFeatures), "\(family) loss: \(comparison)")
        loss.backward()
        let expected = try Fixtures.tensors("rei/\(family).grads.safetensors")
        var compared = 0
        for stored in WeightNaming.rei.layout(of: clip.store.parameters.map { ($0.name, $0.shape) })
        {
            let gradients = try stored.parameters.map { name in
                try #require(clip.store[name]?.value.gradient, "no gradient for \(name)")
            }
            var actual = gradients.flatMap { $0.floats() }
            var golden = try expected.tensor(named: stored.name).floats()
            if stored.name.hasSuffix("in_proj_bias") {
                // The key's bias has an exact gradient of zero: only rounding is left of it.
                let keys = actual.count / 3..<actual.count / 3 * 2
                actual.removeSubrange(keys)
                golden.removeSubrange(keys)
            }
            let largest = golden.map(abs).max() ?? 0
            let comparison = Comparison(actual, golden)
            #expect(
                comparison.isWithin(Tolerance.gradientShare * largest),
                "\(family) \(stored.name), largest \(largest): \(comparison)")
            compared += 1
        }
        #expect(compared == expected.names.count)
    }
}
