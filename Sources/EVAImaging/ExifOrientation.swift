/// Finds the orientation that a camera wrote beside a picture (EXIF 2.3, tag 0x0112).
///
/// Whatever is missing or malformed counts as orientation 1: a picture is not worse for a wrong
/// note about its top side.
enum ExifOrientation {
    private static let tag = 0x0112
    private static let shortType = 3
    private static let prefix: [UInt8] = Array("Exif\0\0".utf8)

    static func find(in bytes: ByteView, format: ImageFormat) -> Int {
        let start =
            switch format {
            case .jpeg: jpegBlock(bytes)
            case .png: pngBlock(bytes)
            case .webp: webpBlock(bytes)
            // The container of an AVIF and the tags of a TIFF say it themselves.
            case .gif, .tiff, .avif, .jpeg2000, .bmp, .ppm: Int?.none
            }
        guard let start, let value = orientation(bytes, tiff: start) else { return 1 }
        return (1...8).contains(value) ? value : 1
    }

    /// The value in the first directory of the TIFF block that starts at `tiff`.
    private static func orientation(_ bytes: ByteView, tiff: Int) -> Int? {
        let bigEndian = bytes.matches("MM", at: tiff)
        guard bigEndian || bytes.matches("II", at: tiff),
            let directory = bytes.number(at: tiff + 4, size: 4, bigEndian: bigEndian),
            let count = bytes.number(at: tiff + directory, size: 2, bigEndian: bigEndian)
        else { return nil }
        for index in 0..<count {
            let entry = tiff + directory + 2 + 12 * index
            guard let found = bytes.number(at: entry, size: 2, bigEndian: bigEndian) else {
                return nil
            }
            guard found == tag else { continue }
            guard bytes.number(at: entry + 2, size: 2, bigEndian: bigEndian) == shortType else {
                return nil
            }
            return bytes.number(at: entry + 8, size: 2, bigEndian: bigEndian)
        }
        return nil
    }

    /// The segments of a JPEG up to its coded data.
    private static func jpegBlock(_ bytes: ByteView) -> Int? {
        let application1: UInt8 = 0xe1
        let startOfScan: UInt8 = 0xda
        var position = 2
        while bytes.byte(at: position) == 0xff, let marker = bytes.byte(at: position + 1) {
            if marker == 0xff {
                position += 1
                continue
            }
            guard marker != startOfScan,
                let length = bytes.number(at: position + 2, size: 2, bigEndian: true), length >= 2
            else { return nil }
            if marker == application1, bytes.matches(prefix, at: position + 4) {
                return position + 4 + prefix.count
            }
            position += 2 + length
        }
        return nil
    }

    private static func pngBlock(_ bytes: ByteView) -> Int? {
        var position = 8
        while let length = bytes.number(at: position, size: 4, bigEndian: true) {
            if bytes.matches("eXIf", at: position + 4) { return position + 8 }
            position += 12 + length
        }
        return nil
    }

    private static func webpBlock(_ bytes: ByteView) -> Int? {
        var position = 12
        while let length = bytes.number(at: position + 4, size: 4, bigEndian: false) {
            if bytes.matches("EXIF", at: position) {
                let start = position + 8
                return bytes.matches(prefix, at: start) ? start + prefix.count : start
            }
            position += 8 + length + length % 2
        }
        return nil
    }
}
