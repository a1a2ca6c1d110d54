/// A decoded picture on host memory, in the mode that its file has.
///
/// The mode is kept because resizing depends on it: Pillow, and with it every published result of
/// these models, resizes a picture in its own mode and converts to RGB afterwards.
public struct Image: Sendable, Equatable {
    /// How a pixel is stored.
    ///
    /// The raw values are Pillow's names.
    public enum Mode: String, Sendable, CaseIterable {
        /// Black and white: one byte, 0 or 255.
        case bilevel = "1"
        /// Gray: one byte.
        case gray = "L"
        /// Gray: two bytes, little-endian.
        case gray16 = "I;16"
        /// Gray and opacity: two bytes.
        case grayAlpha = "LA"
        /// One byte, an index into ``Image/palette``.
        case palette = "P"
        /// Red, green and blue: three bytes.
        case rgb = "RGB"
        /// Red, green, blue and opacity: four bytes.
        case rgba = "RGBA"
        /// Cyan, magenta, yellow and black: four bytes, 255 is full ink.
        case cmyk = "CMYK"

        /// Bytes of one pixel.
        public var bytesPerPixel: Int {
            switch self {
            case .bilevel, .gray, .palette: 1
            case .gray16, .grayAlpha: 2
            case .rgb: 3
            case .rgba, .cmyk: 4
            }
        }
    }

    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// How a pixel is stored.
    public let mode: Mode
    /// Rows from top to bottom without padding, samples of a pixel next to each other.
    public let pixels: [UInt8]
    /// 256 RGB triplets for ``Mode/palette``, otherwise empty.
    public let palette: [UInt8]
    /// The orientation that the file asks for, 1 (as stored) to 8, by the EXIF standard.
    ///
    /// Decoding does not apply it; see ``oriented()``.
    public let exifOrientation: Int

    /// Makes a picture from its pixels.
    ///
    /// - Parameters:
    ///   - width: Pixels in a row, at least 1.
    ///   - height: Rows, at least 1.
    ///   - mode: How a pixel is stored.
    ///   - pixels: `width * height` pixels, rows from top to bottom.
    ///   - palette: 256 RGB triplets for ``Mode/palette``, otherwise empty.
    ///   - exifOrientation: 1 to 8.
    public init(
        width: Int, height: Int, mode: Mode, pixels: [UInt8], palette: [UInt8] = [],
        exifOrientation: Int = 1
    ) {
        let expected = width * height * mode.bytesPerPixel
        let expectedPalette = mode == .palette ? 256 * 3 : 0
        guard width > 0, height > 0, pixels.count == expected, palette.count == expectedPalette
        else {
            fatalError(
                """
                Image: \(width) x \(height) pixels of mode \(mode.rawValue) need \(expected) \
                bytes and \(expectedPalette) of palette, got \(pixels.count) and \(palette.count)
                """)
        }
        self.width = width
        self.height = height
        self.mode = mode
        self.pixels = pixels
        self.palette = palette
        self.exifOrientation = exifOrientation
    }
}
