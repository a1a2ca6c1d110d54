import CImageCodecs

/// One of the C decoders: the header first, then the limits, then the pixels.
struct ImageCodec {
    typealias Bytes = UnsafePointer<UInt8>?
    typealias Output = UnsafeMutablePointer<UInt8>?
    typealias Failure = UnsafeMutablePointer<ic_failure>?

    private let format: ImageFormat
    private let readHeader: (Bytes, Int, UnsafeMutablePointer<ic_header>?, Failure) -> ic_status
    /// Takes bytes, their count, the header, pixels, palette and failure.
    private let readPixels:
        (Bytes, Int, UnsafePointer<ic_header>?, Output, Output, Failure) -> ic_status

    /// The decoder of a format that is not read in Swift.
    init(_ format: ImageFormat) {
        self.format = format
        switch format {
        case .jpeg:
            readHeader = ic_jpeg_read_header
            readPixels = { ic_jpeg_decode($0, $1, $2, $3, $5) }
        case .png:
            readHeader = ic_png_read_header
            readPixels = ic_png_decode
        case .webp:
            readHeader = ic_webp_read_header
            readPixels = { ic_webp_decode($0, $1, $2, $3, $5) }
        case .gif:
            readHeader = ic_gif_read_header
            readPixels = ic_gif_decode
        case .tiff:
            readHeader = ic_tiff_read_header
            readPixels = ic_tiff_decode
        case .avif:
            readHeader = ic_avif_read_header
            readPixels = { ic_avif_decode($0, $1, $2, $3, $5) }
        case .jpeg2000:
            readHeader = ic_jpeg2000_read_header
            readPixels = { ic_jpeg2000_decode($0, $1, $2, $3, $5) }
        case .bmp, .ppm: fatalError("ImageCodec: \(format.rawValue) is read in Swift")
        }
    }

    /// Decodes a file.
    ///
    /// - Parameter orientation: What the EXIF block says; the container's own word goes first.
    func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits, orientation: Int
    ) throws -> Image {
        let input = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var failure = ic_failure()
        var header = ic_header()
        try check(readHeader(input, bytes.count, &header, &failure), failure, name: name)
        let width = Int(header.width)
        let height = Int(header.height)
        try limits.check(width: width, height: height, format: format, name: name)
        guard let mode = Image.Mode.allCases.first(where: { $0.code == header.mode }) else {
            fatalError("ImageDecoder: mode \(header.mode) has no name")
        }
        var palette = [UInt8](repeating: 0, count: mode == .palette ? 256 * 3 : 0)
        let byteCount = width * height * mode.bytesPerPixel
        let pixels = try [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            let status = palette.withUnsafeMutableBufferPointer { palette in
                readPixels(
                    input, bytes.count, &header, output.baseAddress, palette.baseAddress,
                    &failure)
            }
            try check(status, failure, name: name)
            count = byteCount
        }
        return Image(
            width: width, height: height, mode: mode, pixels: pixels, palette: palette,
            exifOrientation: (1...8).contains(header.orientation)
                ? Int(header.orientation) : orientation)
    }

    private func check(_ status: ic_status, _ failure: ic_failure, name: String) throws {
        guard status != IC_OK else { return }
        throw ImageError(status, failure, format: format, name: name)
    }
}

extension ImageError {
    /// What a C codec reports, with the remedy.
    init(_ status: ic_status, _ failure: ic_failure, format: ImageFormat, name: String) {
        let text = withUnsafeBytes(of: failure.message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let offset = failure.offset < 0 ? nil : Int(failure.offset)
        let format = format.rawValue
        switch status {
        case IC_TRUNCATED:
            self.init(
                .truncated, name: name, offset: offset,
                "truncated \(format): \(text); copy or download it again")
        case IC_UNSUPPORTED:
            self.init(
                .unsupported, name: name, offset: offset,
                "\(format) of a kind that is not read or written: \(text); convert it")
        case IC_OUT_OF_MEMORY:
            self.init(.outOfMemory, name: name, "\(format): \(text)")
        default:
            self.init(
                .corrupt, name: name, offset: offset,
                "corrupt \(format): \(text); copy or download it again")
        }
    }
}
