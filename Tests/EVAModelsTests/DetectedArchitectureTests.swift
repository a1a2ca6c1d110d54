import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Testing
import Torch

/// Names and shapes without numbers.
private struct Shapes: TensorContainer {
    let path = "weights.pt"
    let entries: [TensorEntry]

    init(_ configuration: ModelConfiguration, _ naming: WeightNaming) {
        let clip = CLIP(configuration, device: .meta)
        entries = clip.layout(in: naming).map {
            TensorEntry(name: $0.name, elementType: .float16, shape: clip.storedShape($0))
        }
    }

    func tensor(named name: String) throws -> HostTensor { fatalError("only shapes are asked for") }
}

@Suite struct DetectedArchitectureTests {
    @Test(
        "The tensors of every model known by name tell which it is", arguments: ModelPreset.all,
        WeightNaming.allCases)
    func known(preset: ModelPreset, naming: WeightNaming) throws {
        let detected = try DetectedArchitecture.configuration(
            of: Shapes(preset.configuration, naming))
        #expect(detected == preset.configuration)
    }

    @Test("A known network on another grid is recognised")
    func otherGrid() throws {
        var configuration = try ModelPreset.named("EVA02-CLIP-L-14").configuration
        configuration.vision.imageSize = 448
        let detected = try DetectedArchitecture.configuration(of: Shapes(configuration, .rei))
        #expect(detected == configuration)
    }

    @Test("An unknown network is described, with what its tensors do not tell")
    func unknown() throws {
        var configuration = try ModelPreset.named("EVA02-CLIP-B-16").configuration
        configuration.vision.layerCount = 5
        let error = #expect(throws: WeightsError.self) {
            try DetectedArchitecture.configuration(of: Shapes(configuration, .openCLIP))
        }
        let text = try #require(error).description
        for words in [
            "vision of 5 layers, width 768, SwiGLU 2048, subln", "patch_size 16", "head_width",
            "postnorm", "--config",
        ] { #expect(text.contains(words), "no '\(words)' in: \(text)") }
    }

    @Test("Tensors of another kind of model are refused")
    func foreign() throws {
        let file = MemoryTensors([
            ("text.transformer.resblocks.0.attn.in_proj_weight", HostTensor([Float](), shape: [0]))
        ])
        let error = #expect(throws: WeightsError.self) {
            try DetectedArchitecture.configuration(of: file)
        }
        #expect(try #require(error).description.contains("visual.pos_embed"))
    }
}
