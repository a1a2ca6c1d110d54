/// The formats that are read, recognised by content and never by name.
enum ImageFormat: String {
    case jpeg = "JPEG"
    case png = "PNG"
    case webp = "WebP"
    case bmp = "BMP"

    init?(_ bytes: ByteView) {
        if bytes.matches([0xff, 0xd8, 0xff], at: 0) {
            self = .jpeg
        } else if bytes.matches([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], at: 0) {
            self = .png
        } else if bytes.matches("RIFF", at: 0), bytes.matches("WEBP", at: 8) {
            self = .webp
        } else if bytes.matches("BM", at: 0) {
            self = .bmp
        } else {
            return nil
        }
    }

    /// What the content seems to be instead, for the error's text.
    static func guess(_ bytes: ByteView) -> String {
        let known: [(text: String, offset: Int, name: String)] = [
            ("GIF8", 0, "a GIF"), ("II*\0", 0, "a TIFF"), ("MM\0*", 0, "a TIFF"),
            ("ftypavif", 4, "an AVIF"), ("ftyphei", 4, "a HEIF"), ("%PDF", 0, "a PDF"),
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
