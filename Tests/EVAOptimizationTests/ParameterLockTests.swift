import EVAConfiguration
import EVALayers
import EVAModels
import EVAOptimization
import EVATestSupport
import Testing
import Torch

/// The groups of open_clip's `lock_image_tower` and `lock_text_tower` on its EVA-02 models.
@Suite struct ParameterLockTests {
    /// The names of a tower that stay in training, cut to what tells the groups.
    private func trained(_ tower: ParameterGroup.Tower, unlocked: Int) throws -> Set<String> {
        let clip = CLIP(
            try ModelConfiguration(
                json: Fixtures.bytes("rei/b_eva02b.rei.json"), source: "b_eva02b"),
            device: .meta)
        let parameters = clip.store.parameters
        let count = ParameterGrouping.lock(tower, of: parameters, unlockedGroups: unlocked)
        #expect(count == parameters.count { !$0.isTrained })
        let others = parameters.filter { !$0.name.hasPrefix(tower.rawValue + ".") }
        #expect(others.allSatisfy { $0.isTrained })
        let rates = TowerRates(learningRate: 1, weightDecay: 0, layerDecay: 0.75)
        let groups = ParameterGrouping(visual: rates, other: rates, text: rates)
            .groups(of: parameters)
        #expect(
            groups.flatMap(\.parameters).count == parameters.count - count)
        return Set(
            parameters.filter { $0.isTrained && $0.name.hasPrefix(tower.rawValue + ".") }.map {
                $0.name.split(separator: ".").dropFirst().prefix { $0 != "attn" && $0 != "mlp" }
                    .filter { !["weight", "bias", "proj"].contains($0) && !$0.hasPrefix("norm1") }
                    .filter { !["norm2", "ln_1", "ln_2"].contains($0) }.joined(separator: ".")
            })
    }

    @Test("Groups of the vision tower unlock from the head down")
    func visual() throws {
        #expect(try trained(.visual, unlocked: 0) == [])
        #expect(try trained(.visual, unlocked: 1) == ["head"])
        #expect(try trained(.visual, unlocked: 2) == ["head", "norm", "blocks.2"])
        #expect(try trained(.visual, unlocked: 3) == ["head", "norm", "blocks.2", "blocks.1"])
        #expect(
            try trained(.visual, unlocked: 5) == [
                "head", "norm", "blocks.2", "blocks.1", "blocks.0", "cls_token", "pos_embed",
                "patch_embed",
            ])
    }

    @Test("Groups of the text tower unlock from the projection down")
    func text() throws {
        let last = "transformer.resblocks.1"
        #expect(try trained(.text, unlocked: 0) == [])
        #expect(try trained(.text, unlocked: 1) == ["text_projection"])
        #expect(try trained(.text, unlocked: 2) == ["text_projection", "ln_final", last])
        #expect(
            try trained(.text, unlocked: 99) == [
                "text_projection", "ln_final", last, "transformer.resblocks.0",
                "positional_embedding", "token_embedding",
            ])
    }

    @Test("No gradient is computed for a locked tower, nor kept for one")
    func noGradient() throws {
        let clip = CLIP(
            try ModelConfiguration(
                json: Fixtures.bytes("rei/b_eva02b.rei.json"), source: "b_eva02b"),
            device: .cpu)
        clip.store.initialize(seed: 1)
        _ = ParameterGrouping.lock(.visual, of: clip.store.parameters, unlockedGroups: 0)
        let size = clip.configuration.vision.imageSize
        let images = Tensor.full([2, 3, size, size], 0.5, device: .cpu)
        for recomputes in [false, true] {
            let context = ForwardContext.training(
                random: RandomSource(seed: 0), recomputesActivations: recomputes)
            // A tensor without a history holds no activations.
            #expect(!clip.encodeImages(images, context).requiresGradient)
        }
    }
}
