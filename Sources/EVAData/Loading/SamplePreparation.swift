package import EVAImaging
package import EVATokenizer

/// Makes the model's input of samples: decodes, crops, normalises, tokenises.
package struct SamplePreparation: SampleWork {
    /// What happens to a decoded picture.
    package enum Transform: Sendable {
        /// Random crops and flips.
        case training(TrainingTransform)
        /// The same for every epoch.
        case evaluation(EvaluationTransform)

        /// Width and height of the result in pixels.
        package var imageSize: Int {
            switch self {
            case .training(let transform): transform.imageSize
            case .evaluation(let transform): transform.imageSize
            }
        }
    }

    /// A sample whose pixels lie in the batch; the rest waits here until the batch is complete.
    struct Result: SampleWorkResult {
        /// Token ids up to and including the end mark; `nil` when the sample has no text.
        var tokens: [Int32]?
        var pictureKey: Int64
        var textKey: Int64
        var label: Int?

        var hasEmptyText: Bool { tokens.map { $0.count <= 2 } ?? false }
    }

    /// What happens to pictures.
    package let transform: Transform
    private let tokenizer: CLIPTokenizer
    private let contextLength: Int
    private let seed: UInt64
    private let limits: ImageLimits
    private let noticing: (@Sendable (Image) -> Void)?

    var pictureCount: Int { 3 * transform.imageSize * transform.imageSize }

    /// Describes how samples are prepared.
    ///
    /// - Parameters:
    ///   - transform: What happens to pictures.
    ///   - tokenizer: What captions are given to.
    ///   - contextLength: The most tokens of a text, both marks included.
    ///   - seed: The run's seed, for augmentation.
    ///   - limits: The largest pictures that are decoded.
    ///   - noticing: Sees every decoded picture before it is prepared, on the thread of a reader.
    package init(
        transform: Transform, tokenizer: CLIPTokenizer, contextLength: Int, seed: UInt64 = 0,
        limits: ImageLimits = ImageLimits(), noticing: (@Sendable (Image) -> Void)? = nil
    ) {
        self.transform = transform
        self.tokenizer = tokenizer
        self.contextLength = contextLength
        self.seed = seed
        self.limits = limits
        self.noticing = noticing
    }

    /// Prepares one sample, its picture as `[3, S, S]`.
    func prepare(
        _ sample: Sample, index: Int, epoch: Int, name: String,
        into pixels: UnsafeMutableBufferPointer<Float>
    ) throws -> Result {
        var result = Result(
            tokens: sample.text.map(tokens), pictureKey: 0, textKey: 0, label: sample.label)
        result.pictureKey = try fill(pixels, from: sample, index: index, epoch: epoch, name: name)
        if let key = sample.pictureKey { result.pictureKey = key }
        result.textKey =
            sample.textKey ?? result.tokens?.withUnsafeBytes { StableHash.of($0) } ?? 0
        return result
    }

    /// Writes the pixels and tells the key of the picture's path or content.
    private func fill(
        _ pixels: UnsafeMutableBufferPointer<Float>, from sample: Sample, index: Int,
        epoch: Int, name: String
    ) throws -> Int64 {
        func apply(_ image: Image) {
            noticing?(image)
            switch transform {
            case .evaluation(let transform): transform(image, into: pixels)
            case .training(let transform):
                var lots = SplitMix64(hashing: seed, UInt64(epoch), UInt64(index))
                transform(image, using: &lots, into: pixels)
            }
        }
        switch sample.picture {
        case .file(let path):
            apply(
                try ImageDecoder.decode(
                    PictureFile.contents(of: path, limits: limits), name: path, limits: limits))
            return StableHash.of(path.utf8)
        case .encoded(let bytes):
            apply(try ImageDecoder.decode(bytes, name: name, limits: limits))
            return bytes.withUnsafeBytes { StableHash.of($0) }
        case .pixels(let image):
            apply(image)
            return image.pixels.withUnsafeBytes { StableHash.of($0) }
        case .floats(let floats):
            guard floats.count == pixels.count else {
                throw DataError(
                    name, "expected \(pixels.count) numbers of a picture, got \(floats.count)")
            }
            _ = pixels.update(fromContentsOf: floats)
            return floats.withUnsafeBytes { StableHash.of($0) }
        }
    }

    /// Token ids up to the one that the model pools at, the first of the highest id.
    ///
    /// Attention is causal, so what follows has no influence and is cut off.
    private func tokens(of text: Sample.Text) -> [Int32] {
        let ids =
            switch text {
            case .caption(let caption):
                tokenizer.encode(caption, contextLength: contextLength)
            case .tokens(let ids): ids
            }
        guard let highest = ids.max(), let end = ids.firstIndex(of: highest) else { return ids }
        return Array(ids[...end])
    }
}
