import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Testing
import Torch

@Suite struct VisionTowerTests {
    private func load(_ family: String) throws -> CLIP {
        let configuration = try ModelConfiguration(
            json: Fixtures.bytes("rei/\(family).rei.json"), source: family)
        let clip = CLIP(configuration, device: .cpu)
        try clip.loadWeights(from: Fixtures.tensors("rei/\(family).weights.safetensors"))
        return clip
    }

    @Test("Dropped patches take their positions along", arguments: ["a_eva01", "b_eva02b"])
    func patchDropout(family: String) throws {
        let clip = try load(family)
        let golden = try Fixtures.tensors("rei/\(family).patch_dropout.safetensors")
        let images = try Fixtures.tensors("rei/\(family).io.safetensors")
            .tensor(named: "image").makeTensor()
        let kept = try golden.tensor(named: "keep_indices").makeTensor()
        let features = withoutGradient {
            clip.vision(images, keptPatches: kept, .evaluation())
        }
        let expected = try golden.tensor(named: "image_features_raw").makeTensor()
        let comparison = Comparison(features, expected)
        #expect(comparison.isWithin(Tolerance.rawFeatures), "\(family): \(comparison)")
        let all = withoutGradient { clip.vision(images, .evaluation()) }
        #expect(!Comparison(all, expected).isWithin(Tolerance.rawFeatures))
    }

    @Test("bf16 features point where fp32 features do", arguments: Fixtures.families)
    func bfloat16(family: String) throws {
        let clip = try load(family)
        let golden = try Fixtures.tensors("rei/\(family).io.safetensors")
        let images = try golden.tensor(named: "image").makeTensor()
        let ids = try golden.tensor(named: "input_ids").makeTensor()
        let context = ForwardContext.evaluation(computeDType: .bfloat16)
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

    @Test("Text may be cut behind its longest caption")
    func textCut() throws {
        let clip = try load("b_eva02b")
        let ids = try Fixtures.tensors("rei/b_eva02b.io.safetensors")
            .tensor(named: "input_ids").makeTensor()
        let ends = ids.argmax(dimension: 1).integers()
        let row = try #require(ends.indices.min { ends[$0] < ends[$1] })
        let longest = ends[row] + 1
        try #require(longest < 77)
        let text = ids.sliced(row..<row + 1, dimension: 0)
        let whole = withoutGradient { clip.text(text, .evaluation()) }
        let cut = withoutGradient {
            clip.text(text.sliced(0..<longest, dimension: 1), .evaluation())
        }
        let comparison = Comparison(cut, whole)
        #expect(comparison.isWithin(Tolerance.rearranged * 4), "\(comparison)")
    }
}
