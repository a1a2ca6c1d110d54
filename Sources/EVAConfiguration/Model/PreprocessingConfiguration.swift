/// How a picture becomes the model's input.
public struct PreprocessingConfiguration: Codable, Sendable, Equatable {
    /// The filter of the resize.
    public enum Interpolation: String, Codable, Sendable, CaseIterable {
        /// Cubic convolution with a = -0.5, antialiased.
        case bicubic
        /// Linear, antialiased.
        case bilinear
    }

    /// How a picture that is not square becomes square.
    public enum ResizeMode: String, Codable, Sendable, CaseIterable {
        /// The shorter side is resized to the image size, then the centre is cropped.
        case shortest
        /// Both sides are resized to the image size, whatever the picture's proportions.
        case squash
        /// The longer side is resized to the image size, then the rest is padded.
        case longest
    }

    /// What is done about the orientation that a camera noted beside a picture (EXIF).
    public enum ExifOrientation: String, Codable, Sendable, CaseIterable {
        /// The picture is turned and mirrored as the note asks, before everything else.
        case apply
        /// The picture stays as it is stored, as in open_clip.
        case ignore
    }

    /// Side of the square result, in pixels.
    public var imageSize: Int

    /// Mean of red, green and blue, of values from 0 to 1, that is taken away.
    public var mean: [Float]

    /// Standard deviation of red, green and blue that is divided by.
    public var std: [Float]

    /// The filter of the resize.
    public var interpolation: Interpolation

    /// How a picture that is not square becomes square.
    public var resizeMode: ResizeMode

    /// What is done about the orientation that a camera noted.
    public var exifOrientation: ExifOrientation

    /// The channel means of CLIP's original training data.
    public static let openAIMean: [Float] = [0.48145466, 0.4578275, 0.40821073]

    /// The channel standard deviations of CLIP's original training data.
    public static let openAIStd: [Float] = [0.26862954, 0.26130258, 0.27577711]

    /// Creates a preprocessing; the defaults are those of all published EVA-CLIP models.
    ///
    /// - Parameters:
    ///   - imageSize: Side of the result, in pixels.
    ///   - mean: Channel means.
    ///   - std: Channel standard deviations.
    ///   - interpolation: Filter of the resize.
    ///   - resizeMode: How a picture becomes square.
    ///   - exifOrientation: What is done about the orientation that a camera noted.
    public init(
        imageSize: Int, mean: [Float] = openAIMean, std: [Float] = openAIStd,
        interpolation: Interpolation = .bicubic, resizeMode: ResizeMode = .shortest,
        exifOrientation: ExifOrientation = .ignore
    ) {
        self.imageSize = imageSize
        self.mean = mean
        self.std = std
        self.interpolation = interpolation
        self.resizeMode = resizeMode
        self.exifOrientation = exifOrientation
    }

    /// Everything that stops this preprocessing from being carried out.
    ///
    /// - Returns: The problems, under open_clip's key names; empty if there are none.
    public func validate() -> [ConfigurationProblem] {
        var check = ValidationCheck()
        check.within(.imageSize, imageSize, "size")
        check.require(
            mean.count == 3 && mean.allSatisfy { abs($0) <= 1000 }, "mean",
            "expected three numbers from -1000 to 1000")
        check.require(
            std.count == 3 && std.allSatisfy { (1e-6...1000).contains($0) }, "std",
            "expected three numbers from 0.000001 to 1000")
        return check.problems
    }
}
