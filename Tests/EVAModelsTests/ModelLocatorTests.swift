import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Foundation
import Testing
import Torch

/// The folders in which models come.
@Suite struct ModelLocatorTests {
    private let folder: TinyFolder

    init() throws { folder = try TinyFolder() }

    private func golden() throws -> ModelConfiguration {
        try ModelConfiguration(json: Fixtures.bytes("rei/b_eva02b.rei.json"), source: "rei")
    }

    /// What PaddleMIX writes for the golden network: by hand, or saved by its program.
    private func paddleMIXConfiguration(isSaved: Bool) -> String {
        let width = isSaved ? "\"embed_dim\": 48," : ""
        let vision = """
            {\(width) "image_size": 64, "patch_size": 16, "width": 64, "layers": 3,
             "head_width": 32, "mlp_ratio": 2.6667, "qkv_bias": true, "use_mean_pooling": false,
             "rope": true, "pt_hw_seq_len": 16, "intp_freq": true, "naiveswiglu": true,
             "subln": true}
            """
        let text = """
            {\(width) "context_length": 77, "vocab_size": 512, "width": 64, "heads": 2, "layers": 2}
            """
        return isSaved
            ? """
            {"model_type": "evaclip", "architectures": ["EVACLIP"], "dtype": "float32",
             "vision_cfg": \(vision), "vision_config": \(vision),
             "text_cfg": \(text), "text_config": \(text)}
            """ : "{\"embed_dim\": 48, \"vision_cfg\": \(vision), \"text_cfg\": \(text)}"
    }

    private func writeWeights(_ naming: WeightNaming, to name: String) throws {
        let clip = CLIP(try golden(), device: .cpu)
        try clip.loadWeights(from: Fixtures.tensors("rei/b_eva02b.weights.safetensors"))
        try clip.saveWeights(to: folder.file(name), naming: naming)
    }

    private func locate(
        _ name: String, config: String? = nil, loadsWeights: Bool = true,
        _ environment: [String: String] = [:]
    ) throws -> ModelDescription {
        try ModelLocator.locate(
            ModelSource(name: name, configurationFile: config, loadsWeights: loadsWeights),
            environment: ["HOME": folder.path].merging(environment) { $1 })
    }

    @Test("PaddleMIX's folder is the network that rei's JSON builds", arguments: [false, true])
    func paddleMIX(isSaved: Bool) throws {
        try folder.write(
            paddleMIXConfiguration(isSaved: isSaved),
            to: isSaved ? "m/model_config.json" : "m/config.json")
        try folder.write(
            """
            {"do_resize": true, "size": {"height": 64, "width": 64}, "interpolation": "bicubic",
             "do_normalize": true, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}
            """, to: "m/processor/eval/image_preprocessor_config.json")
        try writeWeights(.paddleMIX, to: "m/weights.safetensors")
        let found = try locate(folder.file("m"))
        #expect(found.configuration == (try golden()))
        #expect(found.preprocessing.mean == [0.1, 0.2, 0.3])
        #expect(found.preprocessing.std == [0.4, 0.5, 0.6])
        #expect(found.preprocessing.resizeMode == .squash)
        _ = try CLIP(loading: found, device: .cpu) { loaded in
            #expect(loaded.naming == .paddleMIX)
            #expect(loaded.path == folder.file("m/weights.safetensors"))
        }
        // Training's preprocessing serves where there is no other.
        try folder.write(
            "{\"size\": 64, \"image_mean\": [0.3, 0.3, 0.3]}",
            to: "n/processor/train/image_preprocessor_config.json")
        try folder.write(paddleMIXConfiguration(isSaved: isSaved), to: "n/config.json")
        #expect(try locate(folder.file("n")).preprocessing.mean == [0.3, 0.3, 0.3])
    }

    @Test("Preprocessing for another image size than the model's is refused")
    func otherPreprocessing() throws {
        try folder.write(paddleMIXConfiguration(isSaved: false), to: "m/config.json")
        try folder.write(
            "{\"size\": 224}", to: "m/processor/eval/image_preprocessor_config.json")
        let error = #expect(throws: ConfigurationError.self) { try locate(folder.file("m")) }
        let text = try #require(error).description
        #expect(text.contains("image_preprocessor_config.json") && text.contains("224 pixels"))
    }

    @Test("The hub's cache is read by path and by the repository's name")
    func hubCache() throws {
        let repository = "cache/models--org--tiny-model"
        let snapshot = repository + "/snapshots/0123abc"
        try folder.write("0123abc\n", to: repository + "/refs/main")
        try folder.write(paddleMIXConfiguration(isSaved: false), to: snapshot + "/config.json")
        try folder.write("", to: repository + "/snapshots/older/config.json")
        try FileManager.default.createDirectory(
            atPath: folder.file(repository + "/blobs"), withIntermediateDirectories: true)
        try writeWeights(.openCLIP, to: repository + "/blobs/f00")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file(snapshot + "/open_clip_model.safetensors"),
            withDestinationPath: "../../blobs/f00")
        let weights = folder.file(snapshot + "/open_clip_model.safetensors")
        #expect(try locate(folder.file(repository)).weightsPath == weights)
        let cache = ["HF_HUB_CACHE": folder.file("cache")]
        for name in ["hf-hub:org/tiny-model", "org/tiny-model"] {
            let found = try locate(name, cache)
            #expect(found.weightsPath == weights)
            #expect(found.configuration == (try golden()))
            #expect(throws: (any Error).self) { try locate(name) }
        }
        try FileManager.default.moveItem(
            atPath: folder.file("cache"), toPath: folder.file("hub"))
        #expect(try locate("org/tiny-model", ["HF_HOME": folder.path]).weightsPath != nil)
        try folder.write("gone", to: "hub/models--org--tiny-model/refs/main")
        let error = #expect(throws: WeightsError.self) {
            try locate(folder.file("hub/models--org--tiny-model"))
        }
        #expect(try #require(error).description.contains("'gone'"))
    }

    @Test("A preset's weights are found where programs keep downloads")
    func presetCaches() throws {
        let name = "EVA02-CLIP-B-16"
        let missing = try locate(name)
        #expect(missing.weightsPath == nil)
        let error = #expect(throws: WeightsError.self) { try missing.openWeights() }
        #expect(try #require(error).description.contains("evaclip pull EVA02-CLIP-B-16"))
        let places = [
            ".paddlenlp/models/paddlemix/EVA/EVA02-CLIP-B-16/model_state.pdparams",
            ".paddlemix/models/EVA02-CLIP-B-16/model_state.pdparams",
            ".cache/evaclip/models/EVA02-CLIP-B-16/EVA02_CLIP_B_psz16_s8B.pt",
        ]
        for place in places {
            try folder.write("x", to: place)
            for spelling in [name, "EVA02-B-16", "paddlemix/EVA/EVA02-CLIP-B-16"] {
                #expect(try locate(spelling).weightsPath == folder.file(place), "\(spelling)")
            }
        }
        try folder.write("x", to: "own/models/EVA02-CLIP-B-16/model.safetensors")
        let own = try locate(name, ["EVACLIP_HOME": folder.file("own")])
        #expect(own.weightsPath == folder.file("own/models/EVA02-CLIP-B-16/model.safetensors"))
        #expect(own.configuration == (try ModelPreset.named(name).configuration))
        #expect(try locate(name, loadsWeights: false).weightsPath == nil)
        #expect(throws: (any Error).self) { try locate("../models/EVA02-CLIP-B-16") }
    }

    @Test("A weights file of a known network needs no configuration")
    func bareWeights() throws {
        let preset = try ModelPreset.named("EVA02-CLIP-Nano")
        let clip = CLIP(preset.configuration, device: .cpu, dtype: .bfloat16)
        clip.store.initialize(seed: 1)
        try clip.saveWeights(to: folder.file("nano.safetensors"), naming: .rei)
        let found = try locate(folder.file("nano.safetensors"))
        #expect(found.configuration == preset.configuration)
        #expect(found.preprocessing == preset.preprocessing)
        #expect(try locate(folder.path).configuration == preset.configuration)
    }

    @Test("Another image size changes network and preprocessing alike")
    func imageSize() throws {
        try writeWeights(.rei, to: "w.safetensors")
        let configuration = try folder.write(
            String(decoding: Fixtures.bytes("rei/b_eva02b.rei.json"), as: UTF8.self),
            to: "rei.json")
        var source = ModelSource(
            name: folder.file("w.safetensors"), configurationFile: configuration,
            loadsWeights: true)
        source.imageSize = 96
        source.patchSize = 24
        let found = try ModelLocator.locate(source, environment: [:])
        #expect(found.preprocessing.imageSize == 96)
        let clip = try CLIP(loading: found, device: .cpu) { loaded in
            #expect(loaded.resized == ["visual.patch_embed.proj.weight"])
        }
        #expect(clip.configuration.vision.gridSize == 4)
        source.patchSize = 16
        _ = try CLIP(loading: ModelLocator.locate(source, environment: [:]), device: .cpu) {
            #expect($0.resized == ["visual.pos_embed"])
        }
    }
}
