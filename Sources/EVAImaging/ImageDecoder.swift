import CImageCodecs
import Glibc

/// Reads JPEG, PNG, WebP and BMP files with the pixels and the modes that Pillow gives them.
///
/// The format is found from the content. Of an animation the first frame is read. Whatever is
/// wrong with the content throws ``ImageError``; no content can crash or hang the process.
public enum ImageDecoder {
    /// Decodes a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limits: The sizes that are accepted.
    /// - Returns: The picture in the file's own mode and stored orientation.
    /// - Throws: ``ImageError`` that names the file.
    public static func decode(
        contentsOf path: String, limits: ImageLimits = ImageLimits()
    ) throws -> Image {
        try decode(contents(of: path, limits: limits), name: path, limits: limits)
    }

    /// Decodes the bytes of a file.
    ///
    /// - Parameters:
    ///   - bytes: The whole content of the file.
    ///   - name: What an error calls them.
    ///   - limits: The sizes that are accepted.
    /// - Returns: The picture in the file's own mode and stored orientation.
    /// - Throws: ``ImageError`` with that name.
    public static func decode(
        _ bytes: [UInt8], name: String, limits: ImageLimits = ImageLimits()
    ) throws -> Image {
        try bytes.withUnsafeBytes { try decode($0, name: name, limits: limits) }
    }

    /// Decodes the bytes of a file.
    ///
    /// - Parameters:
    ///   - bytes: The whole content of the file.
    ///   - name: What an error calls them.
    ///   - limits: The sizes that are accepted.
    /// - Returns: The picture in the file's own mode and stored orientation.
    /// - Throws: ``ImageError`` with that name.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits = ImageLimits()
    ) throws -> Image {
        let view = ByteView(bytes)
        guard !bytes.isEmpty else {
            throw ImageError(.empty, name: name, "the file is empty; expected a picture")
        }
        guard let format = ImageFormat(view) else {
            throw ImageError(
                .unrecognized, name: name,
                "not a picture that is read: expected JPEG, PNG, WebP or BMP content, "
                    + "got \(ImageFormat.guess(view))")
        }
        let orientation = ExifOrientation.find(in: view, format: format)
        switch format {
        case .bmp:
            return try BitmapDecoder.decode(bytes, name: name, limits: limits)
        case .jpeg:
            return try Codec(
                format: format, readHeader: ic_jpeg_read_header,
                decode: { ic_jpeg_decode($0, $1, $2, $3, $5) }
            ).run(bytes, name: name, limits: limits, orientation: orientation)
        case .png:
            return try Codec(
                format: format, readHeader: ic_png_read_header, decode: ic_png_decode
            ).run(bytes, name: name, limits: limits, orientation: orientation)
        case .webp:
            return try Codec(
                format: format, readHeader: ic_webp_read_header,
                decode: { ic_webp_decode($0, $1, $2, $3, $5) }
            ).run(bytes, name: name, limits: limits, orientation: orientation)
        }
    }

    /// The content of a regular file.
    package static func contents(
        of path: String, limits: ImageLimits = ImageLimits()
    ) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ImageError.reading(path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ImageError.reading(path, errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ImageError(.unreadable, name: path, "not a file; name the pictures in it")
        }
        let size = Int(status.st_size)
        guard size <= limits.maximumFileBytes else {
            throw ImageError(
                .tooLarge, name: path,
                "\(size) bytes; pictures of at most \(limits.maximumFileBytes) bytes are read")
        }
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let done = read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
                if done < 0, errno == EINTR { continue }
                guard done >= 0 else { throw ImageError.reading(path, errno: errno) }
                guard done > 0 else { break }
                count += done
            }
        }
    }
}

extension ImageDecoder {
    /// The name of the format that bytes begin like, such as `JPEG`; nil for none that is read.
    package static func formatName(of bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { ImageFormat(ByteView($0))?.rawValue }
    }
}

/// One of the C decoders: the header first, then the limits, then the pixels.
private struct Codec {
    typealias Bytes = UnsafePointer<UInt8>?
    typealias Output = UnsafeMutablePointer<UInt8>?
    typealias Failure = UnsafeMutablePointer<ic_failure>?

    let format: ImageFormat
    let readHeader: (Bytes, Int, UnsafeMutablePointer<ic_header>?, Failure) -> ic_status
    /// Takes bytes, their count, the header, pixels, palette and failure.
    let decode: (Bytes, Int, UnsafePointer<ic_header>?, Output, Output, Failure) -> ic_status

    func run(
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
                decode(
                    input, bytes.count, &header, output.baseAddress, palette.baseAddress,
                    &failure)
            }
            try check(status, failure, name: name)
            count = byteCount
        }
        return Image(
            width: width, height: height, mode: mode, pixels: pixels, palette: palette,
            exifOrientation: orientation)
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
