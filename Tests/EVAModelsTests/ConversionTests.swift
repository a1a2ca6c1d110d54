import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Foundation
import Testing
import Torch

/// Weights from every format and naming into every other.
@Suite struct ConversionTests {
    private let folder: TinyFolder

    init() throws {
        folder = try TinyFolder()
    }

    private static let forms = WeightsFormat.allCases.flatMap { format in
        WeightNaming.allCases.map { ModelFolderForm(naming: $0, format: format) }
    }

    private func network(_ family: String) throws -> CLIP {
        CLIP(
            try ModelConfiguration(
                json: Fixtures.bytes("rei/\(family).rei.json"), source: family), device: .meta)
    }

    private func convert(
        _ container: any TensorContainer, _ network: CLIP, to form: ModelFolderForm,
        _ elementType: ElementType? = nil, name: String
    ) throws -> any TensorContainer {
        let export = try WeightsExport(
            ParameterFile(container, network: network), network: network, naming: form.naming,
            elementType: elementType)
        let path = folder.file(name)
        try form.format.write(export, to: path)
        let file = try TensorFile.open(path: path)
        #expect(try ParameterFile(file, network: network).naming == form.naming)
        return file
    }

    /// The first tensor that differs in a bit; nil where all are the same.
    private func difference(
        _ a: any TensorContainer, _ b: any TensorContainer
    ) throws -> String? {
        guard a.names.sorted() == b.names.sorted() else { return "other names" }
        for entry in a.entries {
            let (x, y) = (try a.tensor(named: entry.name), try b.tensor(named: entry.name))
            let isEqual =
                x.elementType == y.elementType && x.shape == y.shape
                && x.withUnsafeBytes { x in y.withUnsafeBytes { x.elementsEqual($0) } }
            guard isEqual else { return "\(entry.name): \(x.shape) \(x.elementType)" }
        }
        return nil
    }

    @Test(
        "Every pair of formats and namings converts there and back to the same bits",
        arguments: Fixtures.families, [ElementType.float32, .float16, .bfloat16])
    func pairs(family: String, elementType: ElementType) throws {
        let network = try network(family)
        let golden = try Fixtures.tensors("rei/\(family).weights.safetensors")
        let files = try Self.forms.enumerated().map { place, form in
            try convert(golden, network, to: form, elementType, name: "form-\(place)")
        }
        // From each form to each other come the bits that stand there: so they do there and back.
        for (from, source) in files.enumerated() {
            #expect(source.entries.allSatisfy { $0.elementType == elementType })
            // All pairs in one format of numbers; in the others each form from the one before it.
            let goals =
                elementType == .float32 ? Array(files.indices) : [(from + 1) % files.count]
            for goal in goals {
                let form = Self.forms[goal]
                let converted = try convert(source, network, to: form, name: "converted")
                let difference = try difference(files[goal], converted)
                #expect(difference == nil, "\(Self.forms[from]) to \(form)")
            }
        }
    }

    @Test("rei's own file comes back from everywhere", arguments: Fixtures.families)
    func original(family: String) throws {
        let network = try network(family)
        let golden = try Fixtures.tensors("rei/\(family).weights.safetensors")
        let kept = MemoryTensors(
            try golden.names.filter { !$0.contains("rope.freqs") }.map {
                ($0, try golden.tensor(named: $0))
            })
        for form in Self.forms {
            let there = try convert(golden, network, to: form, name: "there")
            let back = try convert(
                there, network, to: ModelFolderForm(naming: .rei, format: .pytorch), name: "back")
            #expect(try difference(kept, back) == nil, "\(form)")
        }
    }

    @Test(
        "open_clip's file is what open_clip itself would have written",
        arguments: ["a_eva01", "b_eva02b"])
    func openCLIP(family: String) throws {
        let written = try convert(
            Fixtures.tensors("rei/\(family).weights.safetensors"), network(family),
            to: .trained, name: "there")
        let expected = try Fixtures.tensors("open_clip/\(family).weights.safetensors")
        #expect(try difference(expected, written) == nil)
    }

    @Test("Casting rounds to nearest, and refuses what the format cannot hold")
    func casting() throws {
        let network = try network("a_eva01")
        let golden = try Fixtures.tensors("rei/a_eva01.weights.safetensors")
        let name = "visual.blocks.0.norm1.weight"
        let count = try golden.tensor(named: name).elementCount
        func changed(_ value: Float) throws -> MemoryTensors {
            MemoryTensors(
                try golden.names.map {
                    let values = [Float](repeating: value, count: count)
                    return (
                        $0,
                        $0 == name
                            ? HostTensor(values, shape: [count]) : try golden.tensor(named: $0)
                    )
                })
        }
        let form = ModelFolderForm(naming: .paddleMIX, format: .safetensors)
        let file = try convert(changed(1.0001), network, to: form, .bfloat16, name: "a")
        #expect(try file.tensor(named: name).floats() == [Float](repeating: 1, count: count))
        let error = #expect(throws: WeightsError.self) {
            try convert(changed(70_000), network, to: form, .float16, name: "a")
        }
        #expect(try #require(error).description.contains(name))
        _ = try convert(changed(70_000), network, to: form, .bfloat16, name: "a")
        // What is there already is not lost by the failure.
        #expect(try TensorFile.open(path: folder.file("a")).entries.count == file.entries.count)
    }

    @Test("Tensors of different formats are not joined unless a format is chosen")
    func mixedFormats() throws {
        let network = try network("a_eva01")
        let split = try convert(
            Fixtures.tensors("rei/a_eva01.weights.safetensors"), network,
            to: ModelFolderForm(naming: .paddleMIX, format: .safetensors), name: "split")
        let half = try convert(
            split, network, to: ModelFolderForm(naming: .paddleMIX, format: .safetensors),
            .bfloat16, name: "half")
        let mixed = MemoryTensors(
            try split.names.map { name in
                let isQuery = name == "visual.blocks.1.attn.q_proj.weight"
                return (name, try (isQuery ? half : split).tensor(named: name))
            })
        let error = #expect(throws: WeightsError.self) {
            try convert(mixed, network, to: .trained, name: "joined")
        }
        #expect(try #require(error).description.contains("visual.trunk.blocks.1.attn.qkv.weight"))
        _ = try convert(mixed, network, to: .trained, .float32, name: "joined")
    }

    @Test("Shards are found again through their index")
    func shards() throws {
        let network = try network("b_eva02b")
        let golden = try Fixtures.tensors("rei/b_eva02b.weights.safetensors")
        let whole = try convert(golden, network, to: .trained, name: "whole")
        let export = try WeightsExport(
            ParameterFile(golden, network: network), network: network, naming: .openCLIP)
        try ShardedSafetensorsWriter.write(
            export.entries, limit: 200_000, into: folder.path, tensor: export.tensor)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
            $0.hasPrefix("model-0")
        }
        #expect(files.count > 2)
        let sharded = try TensorFile.open(
            path: folder.file(ShardedSafetensorsWriter.indexName))
        #expect(try difference(whole, sharded) == nil)
    }

    @Test("Paddle's names of parameters are those of PaddleMIX's own files")
    func paddleNames() throws {
        let names = try JSONDecoder().decode(
            [String: [String: String]].self,
            from: Fixtures.bytes("paddlemix/parameter_names.json"))
        for (family, expected) in names {
            _ = try convert(
                Fixtures.tensors("rei/\(family).weights.safetensors"), network(family),
                to: ModelFolderForm(naming: .paddleMIX, format: .paddle), name: "file")
            #expect(try PaddleFile(path: folder.file("file")).parameterNames == expected)
        }
    }

    @Test("An average is the sum of the parts in fp32, whatever names they have")
    func average() throws {
        let network = try network("b_eva02b")
        let golden = try Fixtures.tensors("rei/b_eva02b.weights.safetensors")
        let other = MemoryTensors(
            try golden.names.map { name in
                let tensor = try golden.tensor(named: name)
                return (
                    name,
                    HostTensor(try tensor.floats().map { $0 * 3 + 1 }, shape: tensor.shape)
                )
            })
        let renamed = try convert(
            other, network, to: ModelFolderForm(naming: .paddleMIX, format: .paddle), name: "b")
        let average = AveragedParameters(
            [
                try ParameterFile(golden, network: network),
                try ParameterFile(renamed, network: network),
            ], weights: [0.75, 0.25])
        for parameter in network.store.parameters {
            let first = try ParameterFile(golden, network: network).tensor(of: parameter.name)
            let expected = first.floats().map { 0.75 * $0 + 0.25 * ($0 * 3 + 1) }
            let actual = try average.tensor(of: parameter.name)
            #expect(actual.shape == parameter.shape)
            let comparison = Comparison(actual.floats(), expected)
            let largest = max(1, expected.map(abs).max() ?? 1)
            #expect(
                comparison.isWithin(Tolerance.rearranged * largest),
                "\(parameter.name): \(comparison)")
        }
    }
}
