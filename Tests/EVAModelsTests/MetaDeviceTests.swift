import EVAConfiguration
import EVALayers
import EVAModels
import Testing
import Torch

@Suite struct MetaDeviceTests {
    @Test("Every preset has its published number of parameters", arguments: ModelPreset.all)
    func parameterCounts(preset: ModelPreset) {
        let clip = CLIP(preset.configuration, device: .meta)
        #expect(clip.store.elementCount == preset.configuration.parameterCount)
    }

    @Test(
        "A forward and a backward run where no device is named",
        arguments: ["EVA01-CLIP-g-14", "EVA02-CLIP-B-16", "EVA02-CLIP-bigE-14"])
    func forwardOnMeta(name: String) throws {
        var configuration = try ModelPreset.named(name).configuration
        configuration.vision.layerCount = 2
        configuration.text.layerCount = 2
        configuration.vision.patchDropout = 0.5
        configuration.vision.dropPathRate = 0.1
        let clip = CLIP(configuration, device: .meta)
        let size = configuration.vision.imageSize
        let images = Tensor.empty([2, 3, size, size], dtype: .float32, device: .meta)
        let ids = Tensor.full([2, 9], 1, dtype: .int64, device: .meta)
        for dtype in [DType.float32, .bfloat16] {
            let context = ForwardContext.training(
                computeDType: dtype, random: RandomSource(seed: 1), recomputesActivations: true)
            let features = clip.encodeImages(images, context)
            let texts = clip.encodeTexts(ids, context)
            #expect(features.shape == [2, configuration.embedWidth])
            #expect(features.device == .meta && texts.device == .meta)
            (features * texts).sum().backward()
            for parameter in clip.store.parameters where parameter.name != "logit_scale" {
                #expect(parameter.value.gradient?.shape == parameter.shape, "\(parameter.name)")
            }
            clip.store.clearGradients()
        }
    }
}
