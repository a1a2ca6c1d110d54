internal import EVAImaging

/// Decodes the pictures of streams, which mostly come from the web and were seen by nobody.
enum StreamedPicture {
    // Half of what Pillow refuses: where it begins to warn of a decompression bomb.
    private static let mostPixels = 89_478_485

    /// A sample of a picture's bytes and its caption.
    ///
    /// - Throws: `ImageError` when the picture is damaged, too small or too large.
    static func sample(
        _ bytes: [UInt8], caption: String, name: String, smallestSide: Int = 1
    ) throws -> Sample {
        let image = try ImageDecoder.decode(
            bytes, name: name,
            limits: ImageLimits(maximumPixels: mostPixels, minimumSide: smallestSide))
        var sample = Sample(
            picture: .pixels(image), text: .caption(caption),
            pictureKey: bytes.withUnsafeBytes { StableHash.of($0) })
        sample.pictureFormat = ImageDecoder.formatName(of: bytes)
        return sample
    }
}
