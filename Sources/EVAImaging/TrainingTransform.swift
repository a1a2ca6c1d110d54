/// The transform of training: turn upright if asked, a random part resized and perhaps mirrored, RGB,
/// perhaps other colours, normalised.
///
/// As in evaluation, the part is resized in the picture's own mode and the conversion to RGB comes
/// after.
/// A pure function of the picture and the generator's state: what it draws does not depend on
/// time, thread or an earlier picture.
public struct TrainingTransform: Sendable {
    /// The side of the square, in pixels.
    public let imageSize: Int
    /// The probability of exchanging left and right.
    public let flipProbability: Double
    /// The change of colours; nil for none.
    public let colorJitter: ColorJitter?
    /// The probability of losing all colours, after the change of colours.
    public let grayscaleProbability: Double
    /// Whether a picture is first turned as its ``Image/exifOrientation`` asks.
    public let appliesOrientation: Bool

    private let crop: RandomResizedCrop
    private let normalization: Normalization

    /// Makes the transform.
    ///
    /// The defaults are those of the EVA-CLIP recipes.
    ///
    /// - Parameters:
    ///   - imageSize: The side of the square, in pixels.
    ///   - mean: The mean of each channel, on a scale of 0 to 1.
    ///   - std: The standard deviation of each channel, on the same scale.
    ///   - scale: The share of the picture's area that is kept.
    ///   - ratio: Width over height of the part that is kept.
    ///   - flipProbability: The probability of exchanging left and right.
    ///   - colorJitter: The change of colours; nil for none.
    ///   - grayscaleProbability: The probability of losing all colours.
    ///   - appliesOrientation: Whether a picture is first turned as its EXIF orientation asks.
    public init(
        imageSize: Int, mean: [Float], std: [Float], scale: ClosedRange<Double> = 0.9...1,
        ratio: ClosedRange<Double> = 3.0 / 4...4.0 / 3, flipProbability: Double = 0,
        colorJitter: ColorJitter? = nil, grayscaleProbability: Double = 0,
        appliesOrientation: Bool = false
    ) {
        guard imageSize > 0, scale.lowerBound >= 0, ratio.lowerBound > 0 else {
            fatalError(
                """
                TrainingTransform: an image size of \(imageSize) pixels, scale \(scale), ratio \
                \(ratio)
                """)
        }
        self.imageSize = imageSize
        self.flipProbability = flipProbability
        self.colorJitter = colorJitter
        self.grayscaleProbability = grayscaleProbability
        self.appliesOrientation = appliesOrientation
        crop = RandomResizedCrop(scale: scale, ratio: ratio)
        normalization = Normalization(mean: mean, std: std)
    }

    /// Writes what the model takes.
    ///
    /// - Parameters:
    ///   - image: The picture, in any mode.
    ///   - generator: The source of all randomness.
    ///   - planes: Room for exactly `3 * imageSize * imageSize` values.
    /// - Shape: `[3, imageSize, imageSize]`.
    public func callAsFunction(
        _ image: Image, using generator: inout some RandomNumberGenerator,
        into planes: UnsafeMutableBufferPointer<Float>
    ) {
        normalization.write(pixels(of: image, using: &generator), into: planes)
    }

    /// The RGB square before it is normalised.
    package func pixels(
        of stored: Image, using generator: inout some RandomNumberGenerator
    ) -> Image {
        let image = appliesOrientation ? stored.oriented() : stored
        let region = crop.region(width: image.width, height: image.height, using: &generator)
        let mirrored = flipProbability > 0 && generator.uniform(in: 0...1) < flipProbability
        // Bicubic whatever the evaluation uses, as in the original.
        var result = image.resized(
            width: imageSize, height: imageSize, interpolation: .bicubic, region: region,
            mirrored: mirrored
        ).convertedToRGB()
        if let colorJitter {
            result = result.changed(by: colorJitter.changes(using: &generator))
        }
        let losesColors =
            grayscaleProbability > 0 && generator.uniform(in: 0...1) < grayscaleProbability
        return losesColors ? result.withoutColors() : result
    }
}
