import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Foundation
import Testing
import Torch

@Suite struct WeightNamingTests {
    private func build(_ family: String) throws -> CLIP {
        CLIP(
            try ModelConfiguration(
                json: Fixtures.bytes("rei/\(family).rei.json"), source: family), device: .cpu)
    }

    private func withTemporaryFile(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test(
        "open_clip's weights load and are the same numbers as rei's",
        arguments: ["a_eva01", "b_eva02b"])
    func openCLIP(family: String) throws {
        let rei = try build(family)
        let openCLIP = try build(family)
        let first = try rei.loadWeights(
            from: Fixtures.tensors("rei/\(family).weights.safetensors"))
        let second = try openCLIP.loadWeights(
            from: Fixtures.tensors("open_clip/\(family).weights.safetensors"))
        #expect(first.naming == .rei)
        #expect(second.naming == .openCLIP)
        for (a, b) in zip(rei.store.parameters, openCLIP.store.parameters) {
            #expect(a.value.detached().floats() == b.value.detached().floats(), "\(a.name)")
        }
    }

    @Test(
        "Written weights come back bit by bit, under the original's keys and shapes",
        arguments: Fixtures.families, [WeightNaming.rei, .openCLIP, .paddleMIX])
    func roundTrip(family: String, naming: WeightNaming) throws {
        let clip = try build(family)
        clip.store.initialize(seed: 3)
        let again = try build(family)
        try withTemporaryFile { path in
            try clip.saveWeights(to: path, naming: naming)
            let file = try SafetensorsFile(path: path)
            #expect(try again.loadWeights(from: file).naming == naming)
            guard naming == .rei else { return }
            let golden = try Fixtures.tensors("rei/\(family).weights.safetensors")
            let expected = golden.entries.filter { !$0.name.contains("rope.freqs") }
            #expect(Set(file.names) == Set(expected.map(\.name)))
            for entry in expected {
                #expect(try file.tensor(named: entry.name).shape == entry.shape, "\(entry.name)")
            }
        }
        for (a, b) in zip(clip.store.parameters, again.store.parameters) {
            #expect(a.value.detached().floats() == b.value.detached().floats(), "\(a.name)")
        }
    }

    @Test("A logit bias keeps its name in every naming", arguments: WeightNaming.allCases)
    func logitBias(naming: WeightNaming) throws {
        var configuration = try build("b_eva02b").configuration
        configuration.initialLogitBias = -7.5
        let clip = CLIP(configuration, device: .cpu)
        clip.store.initialize(seed: 3)
        let plain = try build("b_eva02b")
        try withTemporaryFile { path in
            try clip.saveWeights(to: path, naming: naming)
            let file = try SafetensorsFile(path: path)
            let stored = try file.tensor(named: "logit_bias")
            #expect(try stored.floats() == [-7.5])
            #expect(stored.shape == (naming == .paddleMIX ? [1] : []))
            withoutGradient { clip.logitBias?.value.fill(0) }
            try clip.loadWeights(from: file)
            #expect(clip.logitBias?.value.detached().item() == -7.5)
            // A network without one says so, and one that has may do without where asked.
            let error = #expect(throws: WeightsError.self) { try plain.loadWeights(from: file) }
            #expect(error?.description.contains("unexpected: logit_bias") == true)
            plain.store.initialize(seed: 4)
            try plain.saveWeights(to: path, naming: naming)
            let without = try SafetensorsFile(path: path)
            #expect(throws: WeightsError.self) { try clip.loadWeights(from: without) }
            withoutGradient { clip.logitBias?.value.fill(0) }
            try clip.loadWeights(
                from: without, policy: WeightPolicy(allowedMissing: ["logit_*"], resizes: false))
            #expect(clip.logitBias?.value.detached().item() == -7.5)
        }
    }

    @Test("Weights of another model are refused with every difference, and change nothing")
    func mismatch() throws {
        let clip = try build("a_eva01")
        clip.store.initialize(seed: 1)
        let before = clip.store.parameters.map { $0.value.detached().floats() }
        let error = #expect(throws: WeightsError.self) {
            try clip.loadWeights(from: Fixtures.tensors("rei/b_eva02b.weights.safetensors"))
        }
        let text = try #require(error).description
        #expect(text.contains("missing: visual.blocks.0.attn.qkv.weight"))
        #expect(text.contains("unexpected: visual.blocks.0.mlp.w1.weight"))
        #expect(text.contains("visual.patch_embed.proj.weight: expected shape [64, 3, 14, 14]"))
        #expect(clip.store.parameters.map { $0.value.detached().floats() } == before)
    }

    @Test("Initial weights follow the original's rules")
    func initialization() throws {
        var configuration = try ModelPreset.named("EVA02-CLIP-B-16").configuration
        configuration.vision.layerCount = 3
        configuration.text.layerCount = 2
        let clip = CLIP(configuration, device: .cpu)
        clip.store.initialize(seed: 5)
        func deviation(_ name: String) throws -> Double {
            let value = try #require(clip.store[name]).value.detached()
            return ((value * value).mean().item()).squareRoot()
        }
        let expectations: [(String, Double)] = [
            ("visual.blocks.2.attn.q_proj.weight", 0.02),
            ("visual.blocks.2.attn.proj.weight", 0.0081650),
            ("visual.blocks.1.mlp.w3.weight", 0.01),
            ("visual.pos_embed", 0.02), ("visual.head.weight", 0.00002),
            ("visual.patch_embed.proj.weight", 1.0 / 48),
            ("text.token_embedding.weight", 0.02), ("text.positional_embedding", 0.01),
            ("text.text_projection", 0.0441942),
            ("text.transformer.resblocks.1.attn.k_proj.weight", 0.0441942),
            ("text.transformer.resblocks.1.mlp.c_fc.weight", 0.03125),
            ("text.transformer.resblocks.0.mlp.c_proj.weight", 0.0220971),
            ("logit_scale", 2.659260),
        ]
        for (name, expected) in expectations {
            let actual = try deviation(name)
            #expect(
                abs(actual / expected - 1) < Tolerance.drawnDeviation,
                "\(name): \(actual), expected \(expected)")
        }
        #expect(try deviation("visual.blocks.0.norm1.bias") == 0)
        #expect(try deviation("visual.blocks.0.norm1.weight") == 1)
    }
}
