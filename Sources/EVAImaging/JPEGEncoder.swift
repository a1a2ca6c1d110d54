import CImageCodecs

/// Writes JPEG files, for reports and tests.
public enum JPEGEncoder {
    /// Encodes a picture as baseline YCbCr with halved chroma.
    ///
    /// - Parameters:
    ///   - image: The picture; other modes are converted to RGB first.
    ///   - quality: 1 (smallest) to 100, on the scale of the Independent JPEG Group.
    /// - Returns: The content of the file.
    /// - Throws: ``ImageError`` if a side is longer than JPEG allows.
    public static func encode(_ image: Image, quality: Int = 90) throws -> [UInt8] {
        let quality = Int32(min(max(quality, 1), 100))
        return try EncodedBytes.make(image, format: .jpeg) {
            ic_jpeg_encode($0, $1, $2, quality, $3, $4, $5)
        }
    }
}
