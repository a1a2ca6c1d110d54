/// The formats that are read, recognised by content and never by name.
enum ImageFormat: String {
    case jpeg = "JPEG"
    case png = "PNG"
    case webp = "WebP"
    case gif = "GIF"
    case tiff = "TIFF"
    case avif = "AVIF"
    case jpeg2000 = "JPEG 2000"
    case bmp = "BMP"
    case ppm = "PPM"

    init?(_ bytes: ByteView) {
        if bytes.matches([0xff, 0xd8, 0xff], at: 0) {
            self = .jpeg
        } else if bytes.matches([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], at: 0) {
            self = .png
        } else if bytes.matches("RIFF", at: 0), bytes.matches("WEBP", at: 8) {
            self = .webp
        } else if bytes.matches("GIF87a", at: 0) || bytes.matches("GIF89a", at: 0) {
            self = .gif
        } else if Self.tiffStarts.contains(where: { bytes.matches($0, at: 0) }) {
            self = .tiff
        } else if Self.isAVIF(bytes) {
            self = .avif
        } else if bytes.matches([0xff, 0x4f, 0xff, 0x51], at: 0)
            || bytes.matches("\0\0\0\u{0c}jP  \r\n", at: 0)
        {
            self = .jpeg2000
        } else if bytes.matches("BM", at: 0) {
            self = .bmp
        } else if PortableMapHeader.begins(bytes) {
            self = .ppm
        } else {
            return nil
        }
    }

    /// Of both byte orders, with offsets of 32 and of 64 bits.
    private static let tiffStarts = ["II*\0", "MM\0*", "II+\0", "MM\0+"]

    /// Whether the brands of a container, the main one first, name AVIF.
    private static func isAVIF(_ bytes: ByteView) -> Bool {
        guard bytes.matches("ftyp", at: 4),
            let end = bytes.number(at: 0, size: 4, bigEndian: true)
        else { return false }
        // A version number stands between the main brand and the others.
        return stride(from: 8, to: min(end, bytes.count, 256), by: 4).contains { offset in
            offset != 12
                && (bytes.matches("avif", at: offset) || bytes.matches("avis", at: offset))
        }
    }

    /// What the content seems to be instead, for the error's text.
    static func guess(_ bytes: ByteView) -> String {
        let known: [(text: String, offset: Int, name: String)] = [
            ("ftyphei", 4, "a HEIF"), ("ftypmif1", 4, "a HEIF"), ("%PDF", 0, "a PDF"),
            ("8BPS", 0, "a Photoshop file"), ("\0\0\u{1}\0", 0, "an icon"),
            ("<svg", 0, "an SVG"), ("<", 0, "a text in HTML or XML"),
        ]
        for entry in known where bytes.matches(entry.text, at: entry.offset) {
            return entry.name
        }
        let start = (0..<min(4, bytes.count)).map { offset in
            let digits = String(bytes.byte(at: offset) ?? 0, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }
        return "content that starts with the bytes " + start.joined(separator: " ")
    }
}
