/// How a picture of any shape becomes a square.
///
/// The raw values are open_clip's `resize_mode`.
public enum ResizeMode: String, Sendable, CaseIterable {
    /// The short side becomes the size, the middle of the long side is kept.
    case shortest
    /// Both sides become the size; the picture is distorted.
    case squash
    /// The long side becomes the size, the rest is filled with zeros.
    case longest
}

/// The transform of evaluation: turn upright if asked, resize, middle square, RGB, normalise.
///
/// Equal to open_clip's on Pillow for every mode of picture: resizing is done in the picture's
/// own mode and the conversion to RGB comes after.
public struct EvaluationTransform: Sendable {
    /// The side of the square, in pixels.
    public let imageSize: Int
    /// How a resized pixel is made from its neighbours.
    public let interpolation: Interpolation
    /// How a picture of any shape becomes a square.
    public let resizeMode: ResizeMode
    /// Whether a picture is first turned as its ``Image/exifOrientation`` asks.
    public let appliesOrientation: Bool

    private let normalization: Normalization

    /// Makes the transform.
    ///
    /// - Parameters:
    ///   - imageSize: The side of the square, in pixels.
    ///   - mean: The mean of each channel, on a scale of 0 to 1.
    ///   - std: The standard deviation of each channel, on the same scale.
    ///   - interpolation: How a resized pixel is made from its neighbours.
    ///   - resizeMode: How a picture of any shape becomes a square.
    ///   - appliesOrientation: Whether a picture is first turned as its EXIF orientation asks;
    ///     open_clip does not.
    public init(
        imageSize: Int, mean: [Float], std: [Float], interpolation: Interpolation = .bicubic,
        resizeMode: ResizeMode = .shortest, appliesOrientation: Bool = false
    ) {
        guard imageSize > 0 else {
            fatalError("EvaluationTransform: an image size of \(imageSize) pixels")
        }
        self.imageSize = imageSize
        self.interpolation = interpolation
        self.resizeMode = resizeMode
        self.appliesOrientation = appliesOrientation
        normalization = Normalization(mean: mean, std: std)
    }

    /// Writes what the model takes.
    ///
    /// - Parameters:
    ///   - image: The picture, in any mode.
    ///   - planes: Room for exactly `3 * imageSize * imageSize` values.
    /// - Shape: `[3, imageSize, imageSize]`.
    public func callAsFunction(
        _ image: Image, into planes: UnsafeMutableBufferPointer<Float>
    ) {
        normalization.write(pixels(of: image), into: planes)
    }

    /// The RGB square before it is normalised.
    package func pixels(of stored: Image) -> Image {
        let image = appliesOrientation ? stored.oriented() : stored
        let square =
            switch resizeMode {
            case .shortest: shortest(image)
            case .squash:
                image.resized(width: imageSize, height: imageSize, interpolation: interpolation)
            case .longest: longest(image)
            }
        return square.convertedToRGB()
    }

    /// torchvision's `Resize(n)`, whose long side is truncated, and `CenterCrop(n)`.
    private func shortest(_ image: Image) -> Image {
        let short = min(image.width, image.height)
        let width = image.width == short ? imageSize : imageSize * image.width / short
        let height = image.height == short ? imageSize : imageSize * image.height / short
        let window = PixelRegion(
            x: Self.half(width - imageSize), y: Self.half(height - imageSize), width: imageSize,
            height: imageSize)
        return image.resized(
            width: width, height: height, interpolation: interpolation, window: window)
    }

    /// open_clip's `ResizeKeepRatio(longest=1)` and `CenterCropOrPad`.
    ///
    /// The border is zero in the picture's own mode: black, but white in CMYK and the first entry
    /// of a palette.
    private func longest(_ image: Image) -> Image {
        let ratio = Double(max(image.width, image.height)) / Double(imageSize)
        let width = max(1, Int((Double(image.width) / ratio).rounded(.toNearestOrEven)))
        let height = max(1, Int((Double(image.height) / ratio).rounded(.toNearestOrEven)))
        let resized = image.resized(width: width, height: height, interpolation: interpolation)
        let size = image.mode.bytesPerPixel
        let left = (imageSize - width) / 2
        let top = (imageSize - height) / 2
        var bytes = [UInt8](repeating: 0, count: imageSize * imageSize * size)
        for y in 0..<height {
            let start = ((top + y) * imageSize + left) * size
            bytes.replaceSubrange(
                start..<start + width * size,
                with: resized.pixels[y * width * size..<(y + 1) * width * size])
        }
        return Image(
            width: imageSize, height: imageSize, mode: image.mode, pixels: bytes,
            palette: image.palette)
    }

    /// Half of an excess of pixels, rounded to even as Python's `round`.
    private static func half(_ excess: Int) -> Int {
        Int((Double(excess) / 2).rounded(.toNearestOrEven))
    }
}
