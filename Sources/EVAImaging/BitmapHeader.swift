/// What the start of a Windows bitmap says: sizes, the coding of a pixel, the palette.
struct BitmapHeader {
    /// Some bits of a 16-bit pixel.
    struct Field: Equatable {
        let shift: Int
        let bits: Int
    }

    /// How a pixel is stored.
    enum Coding: Equatable {
        /// An index of 1, 4 or 8 bits, the first pixel in the highest bits.
        case indices(Int)
        /// Red, green and blue inside of 16 bits.
        case packed([Field])
        /// Each channel in a byte of its own, at these offsets from the pixel's start.
        case bytes([Int])
        case runLength8
        case runLength4
    }

    let width: Int
    let height: Int
    let bits: Int
    let topDown: Bool
    let coding: Coding
    let dataOffset: Int
    let mode: Image.Mode
    /// 256 RGB triplets; entries that the file does not define are black.
    let palette: [UInt8]

    private static let fileHeaderSize = 14
    private static let coreHeaderSize = 12

    init(_ bytes: ByteView, name: String) throws {
        let start = Self.fileHeaderSize
        func number(_ offset: Int, _ size: Int) throws -> Int {
            guard let value = bytes.number(at: offset, size: size, bigEndian: false) else {
                throw Self.truncated(name, bytes.count, "the file ends in the header")
            }
            return value
        }
        let size = try number(start, 4)
        guard [12, 40, 52, 56, 64, 108, 124].contains(size) else {
            throw ImageError(
                .unsupported, name: name, offset: start,
                "BMP of a kind that is not read: a header of \(size) bytes; convert it")
        }
        let isCore = size == Self.coreHeaderSize
        let compression: Int
        var colors = 0
        if isCore {
            width = try number(start + 4, 2)
            height = try number(start + 6, 2)
            bits = try number(start + 10, 2)
            compression = 0
            topDown = false
        } else {
            width = try number(start + 4, 4)
            let signed = Int(Int32(truncatingIfNeeded: try number(start + 8, 4)))
            topDown = signed < 0
            height = abs(signed)
            bits = try number(start + 14, 2)
            compression = try number(start + 16, 4)
            colors = try number(start + 32, 4)
        }
        let masksInHeader = size >= 52
        let hasMasks = compression == 3
        coding = try Self.coding(
            bits: bits, compression: compression, name: name,
            masks: hasMasks
                ? (0..<(size >= 56 ? 4 : 3)).map { try number(start + 40 + 4 * $0, 4) } : [])

        if colors == 0 { colors = bits <= 8 ? 1 << bits : 0 }
        var tableOffset = start + size
        if hasMasks, !masksInHeader { tableOffset += 12 }
        let entrySize = isCore ? 3 : 4
        var palette = [UInt8](repeating: 0, count: 256 * 3)
        var gray = true
        if bits <= 8 {
            guard (1...65536).contains(colors) else {
                throw ImageError(
                    .corrupt, name: name, offset: start + 32,
                    "corrupt BMP: a palette of \(colors) colours; copy or download it again")
            }
            let highest = bits == 1 ? 255 : 1
            for index in 0..<min(colors, 256) {
                for channel in 0..<3 {
                    let offset = tableOffset + index * entrySize + 2 - channel
                    let value = bytes.byte(at: offset)
                    palette[3 * index + channel] = value ?? 0
                    if value.map(Int.init) != index * highest { gray = false }
                }
            }
            // Only these depths are gray in Pillow; a gray palette of 4 bits stays a palette.
            gray = gray && (bits == 8 || bits == 1 && colors == 2)
        }
        self.palette = palette

        // Some writers forget the palette when they note where the pixels start, or note nothing.
        let tableSize = bits <= 8 ? entrySize * colors : 0
        let noted = try number(10, 4)
        dataOffset = noted == 0 || noted == start + size ? tableOffset + tableSize : noted

        switch coding {
        case .packed: mode = .rgb
        case .bytes(let offsets): mode = offsets.count == 4 ? .rgba : .rgb
        default: mode = !gray ? .palette : bits == 1 ? .bilevel : .gray
        }
    }

    private static func coding(
        bits: Int, compression: Int, name: String, masks: [Int]
    ) throws -> Coding {
        let bits555 = [
            Field(shift: 10, bits: 5), Field(shift: 5, bits: 5), Field(shift: 0, bits: 5),
        ]
        let bits565 = [
            Field(shift: 11, bits: 5), Field(shift: 5, bits: 6), Field(shift: 0, bits: 5),
        ]
        switch (compression, bits) {
        case (0, 1), (0, 4), (0, 8): return .indices(bits)
        case (0, 16): return .packed(bits555)
        case (0, 24), (0, 32): return .bytes([2, 1, 0])
        case (1, 8): return .runLength8
        case (2, 4): return .runLength4
        case (3, 16) where masks.prefix(3) == [0x7c00, 0x03e0, 0x001f]: return .packed(bits555)
        case (3, 16) where masks.prefix(3) == [0xf800, 0x07e0, 0x001f]: return .packed(bits565)
        case (3, 24) where masks.prefix(3) == [0xff0000, 0xff00, 0xff]: return .bytes([2, 1, 0])
        case (3, 32) where masks == [0, 0, 0, 0]: return .bytes([2, 1, 0, 3])
        case (3, 32):
            // An opacity without bits means that there is none.
            let channels = masks.count == 4 && masks[3] == 0 ? Array(masks.prefix(3)) : masks
            let offsets = channels.compactMap { mask in
                (0..<4).first { mask == 0xff << (8 * $0) }
            }
            if offsets.count == channels.count { return .bytes(offsets) }
        default: break
        }
        throw ImageError(
            .unsupported, name: name, offset: 28,
            "BMP of a kind that is not read: \(bits) bits a pixel with compression "
                + "\(compression); convert it")
    }

    static func truncated(_ name: String, _ offset: Int, _ message: String) -> ImageError {
        ImageError(
            .truncated, name: name, offset: offset,
            "truncated BMP: \(message); copy or download it again")
    }
}
