internal import EVAConfiguration
internal import EVAData
internal import EVAEvaluation
public import EVAImaging
internal import EVALayers
internal import EVAModels
internal import EVATokenizer
internal import Torch

/// A model with its weights: maps pictures and texts to vectors whose cosines say how well they fit.
///
/// Use it from one thread at a time; the work inside takes all cores.
public final class ImageTextModel {
    private let clip: CLIP
    private let encoder: FeatureEncoder
    private let transform: EvaluationTransform
    private let tokenizer: CLIPTokenizer

    /// Loads a model.
    ///
    /// - Parameters:
    ///   - model: a model folder, or a weights file of any known format.
    ///   - configuration: for bare weights, a JSON file or a preset's name.
    ///   - device: `cpu`, `cuda` or `cuda:N`.
    ///   - usesBFloat16: whether matrices are kept, and their products taken, in bf16 instead of
    ///     fp32.
    ///   - batchSize: how many pictures or texts go through the model at once.
    /// - Throws: an error of one clear line when something is missing or does not fit.
    public init(
        _ model: String, configuration: String? = nil, device: String = "cpu",
        usesBFloat16: Bool = false, batchSize: Int = 32
    ) throws {
        let description = try ModelLocator.locate(
            ModelSource(name: model, configurationFile: configuration, loadsWeights: true))
        let dtype: DType = usesBFloat16 ? .bfloat16 : .float32
        clip = try CLIP(loading: description, device: Device(named: device), dtype: dtype)
        encoder = FeatureEncoder(clip, computeDType: dtype, batchSize: batchSize)
        transform = EvaluationTransform(description.preprocessing)
        tokenizer = try CLIPTokenizer.published()
    }

    /// The number of elements in a feature vector.
    public var embedWidth: Int { clip.configuration.embedWidth }

    /// What cosines are multiplied by to become logits.
    public var logitScale: Float { Float(clip.logitScale.value.detached().exp().item()) }

    /// Unit vectors of pictures.
    ///
    /// - Parameter images: pictures of any size and mode; `ImageDecoder` reads them from files.
    /// - Returns: one vector of `embedWidth` elements for each picture.
    /// - Throws: an error when a feature is not finite, which only broken weights cause.
    public func encode(images: [Image]) throws -> [[Float]] {
        guard !images.isEmpty else { return [] }
        let size = transform.imageSize
        let pixelCount = 3 * size * size
        var pixels = [Float](repeating: 0, count: images.count * pixelCount)
        pixels.withUnsafeMutableBufferPointer { buffer in
            for (index, image) in images.enumerated() {
                transform(
                    image,
                    into: UnsafeMutableBufferPointer(
                        rebasing: buffer[index * pixelCount..<(index + 1) * pixelCount]))
            }
        }
        return rows(
            try encoder.images(Tensor(pixels, shape: [images.count, 3, size, size])))
    }

    /// Unit vectors of texts.
    ///
    /// - Parameter texts: sentences; what exceeds the model's context is cut off.
    /// - Returns: one vector of `embedWidth` elements for each text.
    /// - Throws: an error when a feature is not finite, which only broken weights cause.
    public func encode(texts: [String]) throws -> [[Float]] {
        guard !texts.isEmpty else { return [] }
        let length = clip.configuration.text.contextLength
        return rows(
            try encoder.texts(texts.map { tokenizer.encode($0, contextLength: length) }))
    }

    private func rows(_ features: Tensor) -> [[Float]] {
        let values = features.floats()
        return stride(from: 0, to: values.count, by: embedWidth).map {
            Array(values[$0..<$0 + embedWidth])
        }
    }
}
