import EVAConfiguration
import EVALayers
import EVAModels
import EVATestSupport
import Testing
import Torch

/// Parameters in flat buffers.
@Suite struct ParameterUnitTests {
    private func model(_ dtype: DType?, family: String = "b_eva02b") throws -> CLIP {
        let clip = CLIP(
            try ModelConfiguration(
                json: Fixtures.bytes("rei/\(family).rei.json"), source: family), device: .cpu)
        clip.store.initialize(seed: 3)
        if let dtype { clip.store.makeUnits(computeDType: dtype) }
        return clip
    }

    private func backward(_ clip: CLIP, _ dtype: DType, seed: UInt64 = 1) {
        let size = clip.configuration.vision.imageSize
        let images = Tensor.empty([2, 3, size, size], dtype: .float32, device: .cpu)
        images.fillNormal(standardDeviation: 1, from: RandomSource(seed: seed).stream("images"))
        let ids = Tensor([1, 5, 9, 2, 7, 9] as [Int64], shape: [2, 3])
        let context = ForwardContext.evaluation(computeDType: dtype)
        let logits = clip.encodeImages(images, context).matmul(
            clip.encodeTexts(ids, context).transposed(0, 1))
        ((logits * logits).sum() * clip.logitScale.value.exp()).backward()
        clip.store.collectGradients()
    }

    @Test(
        "A block, the embeddings and the head of each tower are a unit",
        arguments: Fixtures.families)
    func names(family: String) throws {
        let store = try model(.float32, family: family).store
        let names = store.units.map(\.name)
        #expect(Set(names).count == names.count)
        for part in [
            "", "visual.embeddings", "visual.blocks.0", "visual.head", "text.embeddings",
            "text.transformer.resblocks.0", "text.head",
        ] {
            #expect(names.contains(part), "\(part)")
        }
        // Each parameter is in one place, in the order in which it was made.
        for unit in store.units {
            let members = unit.segments.map(\.parameter.name)
            #expect(members == store.parameters.map(\.name).filter(Set(members).contains))
            for segment in unit.segments {
                #expect(segment.range.count == segment.parameter.shape.reduce(1, *))
                #expect(segment.range.lowerBound % ParameterUnit.alignment == 0)
            }
        }
        let all = store.units.flatMap { $0.segments.map(\.parameter.name) }
        #expect(Set(all).count == all.count && all.count == store.parameters.count)
        #expect(store["visual.blocks.0.norm1.weight"] != nil)
    }

    @Test(
        "Parameters keep their numbers and are views from then on",
        arguments: [DType.float32, .bfloat16])
    func views(dtype: DType) throws {
        let (plain, clip) = (try model(nil), try model(dtype))
        for (a, b) in zip(plain.store.parameters, clip.store.parameters) {
            #expect(a.value.floats() == b.master.floats(), "\(a.name)")
            #expect(a.value.cast(to: b.value.dtype).floats() == b.value.floats(), "\(a.name)")
            #expect((b.value.dtype == dtype) == (a.isOperand || dtype == .float32), "\(a.name)")
            #expect(b.isTrained)
        }
        for unit in clip.store.units {
            let sum = unit.segments.reduce(0) { $0 + $1.parameter.master.detached().sum().item() }
            #expect(abs(unit.values.sum().item() - sum) <= 1e-3 * max(1, abs(sum)))
            withoutGradient { unit.values.fill(2) }
        }
        clip.store.refreshOperands()
        for parameter in clip.store.parameters {
            #expect(parameter.master.floats().allSatisfy { $0 == 2 }, "\(parameter.name)")
            #expect(parameter.value.floats().allSatisfy { $0 == 2 }, "\(parameter.name)")
        }
    }

    @Test(
        "Gradients are those of separate parameters, to the last bit, and lie in ranges",
        arguments: [DType.float32, .bfloat16])
    func gradients(dtype: DType) throws {
        let (plain, clip) = (try model(nil), try model(dtype))
        for pass in 1...2 as ClosedRange<UInt64> {
            for clip in [plain, clip] { backward(clip, dtype, seed: pass) }
            for unit in clip.store.units {
                let flat = try #require(unit.gradients).floats()
                var outside = Set(flat.indices)
                for segment in unit.segments {
                    let expected = plain.store[segment.parameter.name]?.gradient?.floats()
                    #expect(Array(flat[segment.range]) == expected, "\(segment.parameter.name)")
                    #expect(segment.parameter.gradient?.floats() == expected)
                    outside.subtract(segment.range)
                }
                #expect(outside.allSatisfy { flat[$0] == 0 })
            }
        }
        clip.store.clearGradients()
        #expect(clip.store.units.allSatisfy { $0.gradients == nil })
        #expect(clip.store.parameters.allSatisfy { $0.gradient == nil && $0.value.gradient == nil })
    }

    @Test("A parameter that backward does not reach has no gradient, and zeros in its range")
    func unreached() throws {
        let clip = try model(.float32)
        let locked = try #require(clip.store["visual.blocks.0.norm1.weight"])
        locked.isTrained = false
        backward(clip, .float32)
        #expect(locked.gradient == nil)
        let unit = try #require(clip.store.units.first { $0.name == "visual.blocks.0" })
        let segment = try #require(unit.segments.first { $0.parameter === locked })
        let flat = try #require(unit.gradients)
        #expect(flat.sliced(segment.range, dimension: 0).floats().allSatisfy { $0 == 0 })
        #expect(flat.floats().contains { $0 != 0 })
    }
}
