import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Foundation
import Testing
import Torch

/// Weights of one image or patch size in a network of another.
@Suite struct GridResizingTests {
    /// A network whose positions and patches have the fixture's sizes, or resized ones.
    private func build(gridSize: Int, patchSize: Int, channels: Int) -> CLIP {
        CLIP(
            ModelConfiguration(
                embedWidth: 4,
                vision: VisionConfiguration(
                    imageSize: gridSize * patchSize, patchSize: patchSize, width: channels,
                    layerCount: 1, headWidth: channels, mlpWidth: 8),
                text: TextConfiguration(
                    vocabularySize: 8, width: 4, headCount: 1, layerCount: 1)),
            device: .cpu)
    }

    /// The weights of a drawn network with some tensors replaced.
    private func file(_ clip: CLIP, _ replaced: [String: HostTensor]) throws -> MemoryTensors {
        clip.store.initialize(seed: 2)
        let layout = WeightNaming.paddleMIX.layout(
            of: clip.store.parameters.map { ($0.name, $0.shape) })
        return MemoryTensors(
            try layout.map { stored in
                let value = try #require(clip.store[stored.name]).value.detached()
                let laidOut = stored.isTransposed ? value.transposed(0, 1) : value
                return (stored.name, replaced[stored.name] ?? laidOut.hostTensor())
            })
    }

    @Test("Positions are what PyTorch's bicubic interpolation makes of them", arguments: [3, 6])
    func positions(side: Int) throws {
        let fixture = try Fixtures.tensors("torch/resize.safetensors")
        let file = try file(
            build(gridSize: 4, patchSize: 2, channels: 6),
            ["visual.pos_embed": try fixture.tensor(named: "pos_embed")])
        let clip = build(gridSize: side, patchSize: 2, channels: 6)
        #expect(throws: WeightsError.self) { try clip.loadWeights(from: file) }
        let loaded = try clip.loadWeights(
            from: file, policy: WeightPolicy(allowedMissing: [], resizes: true))
        #expect(loaded.resized == ["visual.pos_embed"])
        let actual = try #require(clip.store["visual.pos_embed"]).value.detached()
        let expected = try fixture.tensor(named: "pos_embed_\(side)").makeTensor()
        let comparison = Comparison(actual, expected)
        #expect(comparison.isWithin(Tolerance.rearranged), "\(comparison)")
        #expect(
            actual.sliced(0..<1, dimension: 1).floats()
                == expected.sliced(0..<1, dimension: 1).floats())
    }

    @Test("Patches are what PyTorch's bicubic interpolation makes of them", arguments: [4, 8])
    func patches(size: Int) throws {
        let fixture = try Fixtures.tensors("torch/resize.safetensors")
        let file = try file(
            build(gridSize: 2, patchSize: 7, channels: 4),
            ["visual.patch_embed.proj.weight": try fixture.tensor(named: "patch")])
        let clip = build(gridSize: 2, patchSize: size, channels: 4)
        let loaded = try clip.loadWeights(
            from: file, policy: WeightPolicy(allowedMissing: [], resizes: true))
        #expect(loaded.resized == ["visual.patch_embed.proj.weight"])
        let actual = try #require(clip.store["visual.patch_embed.proj.weight"]).value.detached()
        let comparison = Comparison(
            actual, try fixture.tensor(named: "patch_\(size)").makeTensor())
        #expect(comparison.isWithin(Tolerance.rearranged), "\(comparison)")
    }

    @Test("Positions by timm's rule are what timm makes of them", arguments: [3, 6])
    func timmPositions(side: Int) throws {
        let input = try Fixtures.tensors("torch/resize.safetensors")
        let file = try file(
            build(gridSize: 4, patchSize: 2, channels: 6),
            ["visual.pos_embed": try input.tensor(named: "pos_embed")])
        let clip = build(gridSize: side, patchSize: 2, channels: 6)
        let loaded = try clip.loadWeights(
            from: file, policy: WeightPolicy(allowedMissing: [], resizes: true, resizeRule: .timm))
        #expect(loaded.resizeRule == .timm)
        #expect(loaded.notes.contains { $0.contains("rule timm") })
        try expect(clip, "visual.pos_embed", "pos_embed_\(side)")
    }

    @Test("Patches by timm's rule are what timm makes of them", arguments: [4, 8])
    func timmPatches(size: Int) throws {
        let input = try Fixtures.tensors("torch/resize.safetensors")
        let file = try file(
            build(gridSize: 2, patchSize: 7, channels: 4),
            ["visual.patch_embed.proj.weight": try input.tensor(named: "patch")])
        let clip = build(gridSize: 2, patchSize: size, channels: 4)
        _ = try clip.loadWeights(
            from: file, policy: WeightPolicy(allowedMissing: [], resizes: true, resizeRule: .timm))
        try expect(clip, "visual.patch_embed.proj.weight", "patch_\(size)")
    }

    private func expect(_ clip: CLIP, _ parameter: String, _ name: String) throws {
        let actual = try #require(clip.store[parameter]).value.detached()
        let expected = try Fixtures.tensors("torch/resize_timm.safetensors").tensor(named: name)
        let comparison = Comparison(actual, try expected.makeTensor())
        // The inverse of a matrix; its products are of the size of 1.
        #expect(comparison.isWithin(5e-6), "\(comparison)")
    }

    @Test("A resize does not excuse tensors of another width")
    func otherWidth() throws {
        let file = try file(build(gridSize: 4, patchSize: 2, channels: 6), [:])
        let clip = build(gridSize: 6, patchSize: 2, channels: 8)
        let error = #expect(throws: WeightsError.self) {
            try clip.loadWeights(
                from: file, policy: WeightPolicy(allowedMissing: [], resizes: true))
        }
        #expect(try #require(error).description.contains("visual.pos_embed: expected shape"))
    }
}
