import CImageCodecs

/// The call of a C encoder and the ownership of what it returns.
enum EncodedBytes {
    typealias Encoder = (
        _ pixels: UnsafePointer<UInt8>?, _ width: Int64, _ height: Int64,
        _ bytes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
        _ count: UnsafeMutablePointer<Int>?, _ failure: UnsafeMutablePointer<ic_failure>?
    ) -> ic_status

    static func make(
        _ image: Image, format: ImageFormat, _ encode: Encoder
    ) throws -> [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        var count = 0
        var failure = ic_failure()
        let rgb = image.convertedToRGB()
        let status = rgb.pixels.withUnsafeBufferPointer { pixels in
            encode(
                pixels.baseAddress, Int64(rgb.width), Int64(rgb.height), &output, &count, &failure)
        }
        guard status == IC_OK else {
            throw ImageError(status, failure, format: format, name: "picture to encode")
        }
        defer { ic_free(output) }
        return Array(UnsafeBufferPointer(start: output, count: count))
    }
}
