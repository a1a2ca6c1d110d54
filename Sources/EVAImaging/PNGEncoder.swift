import CImageCodecs

/// Writes PNG files, for reports and tests.
public enum PNGEncoder {
    /// Encodes a picture as 8-bit RGB.
    ///
    /// - Parameter image: The picture; other modes are converted to RGB first.
    /// - Returns: The content of the file.
    /// - Throws: ``ImageError`` if a side is longer than PNG is written with.
    public static func encode(_ image: Image) throws -> [UInt8] {
        try EncodedBytes.make(image, format: .png) { pixels, width, height, bytes, count, failure in
            ic_png_encode(pixels, width, height, bytes, count, failure)
        }
    }
}
