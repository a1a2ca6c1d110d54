import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Foundation
import Testing
import Torch

/// The forms of one naming in which weights are published.
@Suite struct WeightFormsTests {
    private func build(_ family: String = "b_eva02b") throws -> CLIP {
        CLIP(
            try ModelConfiguration(
                json: Fixtures.bytes("rei/\(family).rei.json"), source: family), device: .cpu)
    }

    private func rei(_ family: String = "b_eva02b") throws -> SafetensorsFile {
        try Fixtures.tensors("rei/\(family).weights.safetensors")
    }

    private func expectGolden(_ clip: CLIP, _ family: String = "b_eva02b") throws {
        let golden = try build(family)
        try golden.loadWeights(from: rei(family))
        for (a, b) in zip(clip.store.parameters, golden.store.parameters) {
            #expect(a.value.detached().floats() == b.value.detached().floats(), "\(a.name)")
        }
    }

    @Test(
        "Keys may stand behind what training programs put before them",
        arguments: ["module.", "model.", "state_dict.module.", "module.model."])
    func prefixes(prefix: String) throws {
        let clip = try build()
        try clip.loadWeights(from: MemoryTensors(rei()) { prefix + $0 })
        try expectGolden(clip)
    }

    @Test(
        "The text tower may lie at the root, as in rei's plain form",
        arguments: ["a_eva01", "b_eva02b"])
    func plainForm(family: String) throws {
        let clip = try build(family)
        let file = try MemoryTensors(rei(family)) { name in
            name.hasPrefix("text.") ? String(name.dropFirst("text.".count)) : name
        }
        #expect(file.names.contains("text_projection") && file.names.contains("ln_final.weight"))
        #expect(try clip.loadWeights(from: file).naming == .rei)
        try expectGolden(clip, family)
    }

    @Test("Tables that the program computes itself are passed over")
    func derivedTables() throws {
        let table = HostTensor([Float](repeating: 1, count: 16), shape: [4, 4])
        let names = [
            "visual.rope.freqs_cos", "visual.blocks.1.attn.rope.freqs_sin", "text.attn_mask",
            "visual.blocks.0.attn.relative_position_index",
        ]
        let weights = try rei()
        let kept = try weights.names.filter { !names.contains($0) }.map {
            ($0, try weights.tensor(named: $0))
        }
        let clip = try build()
        try clip.loadWeights(from: MemoryTensors(kept + names.map { ($0, table) }))
        try expectGolden(clip)
    }

    @Test("PaddleMIX's fused queries and values are taken apart")
    func fusedQueryValue() throws {
        let golden = try build()
        try golden.loadWeights(from: rei())
        func value(_ name: String) throws -> Tensor {
            try #require(golden.store[name]).value.detached()
        }
        var tensors: [(String, HostTensor)] = []
        for stored in WeightNaming.paddleMIX.layout(
            of: golden.store.parameters.map { ($0.name, $0.shape) })
        {
            let name = stored.name
            let isVision = name.hasPrefix("visual.")
            if isVision, name.contains(".attn.v_proj.") { continue }
            var tensor = try value(name)
            var key = name
            if isVision, name.contains(".attn.q_proj.") {
                key = name.replacing("q_proj", with: "qv_proj")
                tensor = .concatenated(
                    [tensor, try value(name.replacing("q_proj", with: "v_proj"))], dimension: 0)
            }
            if stored.isTransposed { tensor = tensor.transposed(0, 1) }
            tensors.append((key, tensor.hostTensor(shape: stored.shape)))
        }
        let file = MemoryTensors(tensors)
        #expect(
            file.entries.first { $0.name == "visual.blocks.0.attn.qv_proj.weight" }?.shape
                == [64, 128])
        let clip = try build()
        #expect(try clip.loadWeights(from: file).naming == .paddleMIX)
        try expectGolden(clip)
    }

    @Test("Only missing tensors that a pattern names are drawn, and they are told")
    func allowedMissing() throws {
        let file = try MemoryTensors(rei()) {
            $0.hasPrefix("visual.head.") || $0.contains("resblocks.0.attn.in_proj") ? nil : $0
        }
        let clip = try build()
        let error = #expect(throws: WeightsError.self) {
            try clip.loadWeights(
                from: file, policy: WeightPolicy(allowedMissing: ["visual.head.*"], resizes: false))
        }
        let text = try #require(error).description
        #expect(text.contains("2 differences"))
        #expect(text.contains("missing: text.transformer.resblocks.0.attn.in_proj_weight"))
        #expect(!text.contains("visual.head"))
        let loaded = try clip.loadWeights(
            from: file,
            policy: WeightPolicy(
                allowedMissing: ["visual.head.*", "text.*.attn.in_proj_*"], resizes: false),
            seed: 8)
        #expect(loaded.drawn.count == 2 + 6)
        let drawn = try build()
        drawn.store.initialize(seed: 8)
        let name = "text.transformer.resblocks.0.attn.k_proj.weight"
        #expect(loaded.drawn.contains(name))
        #expect(loaded.notes.contains { $0.contains(name) })
        #expect(
            clip.store[name]?.value.detached().floats()
                == drawn.store[name]?.value.detached().floats())
    }
}
