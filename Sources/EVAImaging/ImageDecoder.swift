import Glibc

/// Reads JPEG, PNG, WebP, GIF, TIFF, AVIF, JPEG 2000, BMP, PPM, PGM and PBM files with the pixels
/// and the modes that Pillow gives them.
///
/// The format is found from the content. Of an animation the first frame is read, of several pages
/// the first. Whatever is wrong with the content throws ``ImageError``; no content can crash or
/// hang the process.
public enum ImageDecoder {
    /// What the names of picture files end with, in lower case and without the dot.
    ///
    /// Folders are searched for them; a file that is named is read whatever its name.
    public static let fileExtensions: Set<String> = [
        "jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "avif", "jp2", "j2k", "jpc", "j2c",
        "bmp",
        "ppm", "pgm", "pbm", "pnm",
    ]

    /// Decodes a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limits: The sizes that are accepted.
    /// - Returns: The picture in the file's own mode and stored orientation; a TIFF is upright.
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
    /// - Returns: The picture in the file's own mode and stored orientation; a TIFF is upright.
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
    /// - Returns: The picture in the file's own mode and stored orientation; a TIFF is upright.
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
                "not a picture that is read: expected JPEG, PNG, WebP, GIF, TIFF, AVIF, JPEG 2000, "
                    + "BMP or PPM content, got \(ImageFormat.guess(view))")
        }
        switch format {
        case .bmp: return try BitmapDecoder.decode(bytes, name: name, limits: limits)
        case .ppm: return try PortableMapDecoder.decode(bytes, name: name, limits: limits)
        default:
            let image = try ImageCodec(format).decode(
                bytes, name: name, limits: limits,
                orientation: ExifOrientation.find(in: view, format: format))
            // Pillow turns TIFFs itself, whoever asks.
            return format == .tiff ? image.oriented() : image
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
