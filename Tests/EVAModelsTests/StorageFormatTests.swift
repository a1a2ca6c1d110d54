import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Foundation
import Testing
import Torch

/// Parameters kept in 16 bits.
@Suite struct StorageFormatTests {
    private func build(_ family: String, _ dtype: DType) throws -> CLIP {
        CLIP(
            try ModelConfiguration(
                json: Fixtures.bytes("rei/\(family).rei.json"), source: family),
            device: .cpu, dtype: dtype)
    }

    @Test("Matrices are kept in 16 bits, and what must stay precise in 32")
    func formats() throws {
        let clip = try build("b_eva02b", .bfloat16)
        let exact = Set(
            clip.store.parameters.filter { $0.value.dtype == .float32 }.map(\.name).filter {
                !$0.contains(".norm") && !$0.contains(".ln_") && !$0.contains("_ln.")
            })
        #expect(
            exact == [
                "logit_scale", "visual.cls_token", "visual.pos_embed",
                "text.positional_embedding", "text.token_embedding.weight",
            ])
        #expect(clip.store["visual.blocks.0.norm1.weight"]?.value.dtype == .float32)
        #expect(clip.store["visual.blocks.0.mlp.ffn_ln.bias"]?.value.dtype == .float32)
        #expect(clip.store["text.text_projection"]?.value.dtype == .bfloat16)
        #expect(clip.store["visual.blocks.0.mlp.w3.bias"]?.value.dtype == .bfloat16)
        let preset = try ModelPreset.named("EVA02-CLIP-bigE-14").configuration
        let large = CLIP(preset, device: .meta, dtype: .bfloat16)
        #expect(large.store.byteCount < large.store.elementCount * 204 / 100)
    }

    @Test(
        "Features of 16-bit parameters point where the original's do", arguments: Fixtures.families,
        [DType.bfloat16, .float16])
    func features(family: String, dtype: DType) throws {
        let clip = try build(family, dtype)
        try clip.loadWeights(from: Fixtures.tensors("rei/\(family).weights.safetensors"))
        let golden = try Fixtures.tensors("rei/\(family).io.safetensors")
        let images = try golden.tensor(named: "image").makeTensor()
        let ids = try golden.tensor(named: "input_ids").makeTensor()
        let context = ForwardContext.evaluation(computeDType: dtype)
        try withoutGradient {
            for (name, features) in [
                ("image_features", clip.encodeImages(images, context)),
                ("text_features", clip.encodeTexts(ids, context)),
            ] {
                let expected = try golden.tensor(named: name).makeTensor()
                let cosines = (features * expected).sum(dimension: 1).floats()
                #expect(cosines.allSatisfy { $0 >= Tolerance.bfloat16Cosine }, "\(cosines)")
            }
        }
    }

    @Test(
        "Every format of a file becomes the parameters' own, as libtorch rounds it",
        arguments: [DType.float32, .bfloat16, .float16, .float64], [DType.float32, .bfloat16])
    func loading(from format: DType, into dtype: DType) throws {
        let original = try build("b_eva02b", .float32)
        original.store.initialize(seed: 4)
        let layout = WeightNaming.paddleMIX.layout(
            of: original.store.parameters.map { ($0.name, $0.shape) })
        let file = MemoryTensors(
            try layout.map { stored in
                let value = try #require(original.store[stored.name]).value.detached()
                let laidOut = stored.isTransposed ? value.transposed(0, 1) : value
                return (stored.name, laidOut.cast(to: format).hostTensor(shape: stored.shape))
            })
        let clip = try build("b_eva02b", dtype)
        #expect(try clip.loadWeights(from: file).naming == .paddleMIX)
        for (a, b) in zip(clip.store.parameters, original.store.parameters) {
            let expected = b.value.detached().cast(to: format).cast(to: a.value.dtype)
            #expect(a.value.detached().floats() == expected.floats(), "\(a.name)")
        }
    }

    @Test("What is written in 16 bits comes back bit by bit")
    func roundTrip() throws {
        let folder = try TinyFolder()
        let clip = try build("d_bige", .bfloat16)
        clip.store.initialize(seed: 6)
        let path = folder.file("weights.safetensors")
        try clip.saveWeights(to: path, naming: .rei)
        let again = try build("d_bige", .bfloat16)
        try again.loadWeights(from: SafetensorsFile(path: path))
        for (a, b) in zip(clip.store.parameters, again.store.parameters) {
            #expect(a.value.detached().floats() == b.value.detached().floats(), "\(a.name)")
        }
    }
}
