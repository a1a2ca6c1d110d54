/// What the start of a PPM, PGM or PBM says: what a pixel is, the sizes, the highest value.
struct PortableMapHeader {
    /// What a pixel is.
    enum Kind {
        case bilevel, gray, color
    }

    let kind: Kind
    /// Whether numbers are written out as digits.
    let isPlain: Bool
    let width: Int
    let height: Int
    /// The value of full light; 1 for a bilevel picture.
    let highest: Int
    /// Where the pixels begin.
    let dataOffset: Int

    private static let longestNumber = 10

    /// Whether content begins as these formats do: a P, a digit of 1 to 6 and white space.
    static func begins(_ bytes: ByteView) -> Bool {
        guard bytes.matches("P", at: 0), let digit = bytes.byte(at: 1),
            let space = bytes.byte(at: 2)
        else { return false }
        return (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(digit) && isSpace(space)
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    init(_ bytes: ByteView, name: String) throws {
        let digit = Int(bytes.byte(at: 1) ?? 0) - Int(UInt8(ascii: "0"))
        isPlain = digit <= 3
        kind = [.bilevel, .gray, .color][(digit - 1) % 3]
        var position = 2
        width = try Self.number(bytes, &position, name)
        height = try Self.number(bytes, &position, name)
        highest = kind == .bilevel ? 1 : try Self.number(bytes, &position, name)
        guard (1...65535).contains(highest) else {
            throw Self.corrupt(name, position, "a highest value of \(highest), expected 1 to 65535")
        }
        dataOffset = position
    }

    /// The next number, with the one white space that ends it; comments are passed over.
    private static func number(
        _ bytes: ByteView, _ position: inout Int, _ name: String
    ) throws -> Int {
        var value: Int?
        var digits = 0
        while let byte = bytes.byte(at: position) {
            position += 1
            if byte == UInt8(ascii: "#") {
                while let next = bytes.byte(at: position), next != 0x0a, next != 0x0d {
                    position += 1
                }
                position += 1
            } else if isSpace(byte) {
                if let value { return value }
            } else {
                let digit = Int(byte) - Int(UInt8(ascii: "0"))
                digits += 1
                guard (0...9).contains(digit), digits <= longestNumber else {
                    throw corrupt(name, position - 1, "expected a number in the header")
                }
                value = (value ?? 0) * 10 + digit
            }
        }
        throw truncated(name, bytes.count, "the file ends in the header")
    }

    static func corrupt(_ name: String, _ offset: Int, _ message: String) -> ImageError {
        ImageError(
            .corrupt, name: name, offset: offset,
            "corrupt PPM: \(message); copy or download it again")
    }

    static func truncated(_ name: String, _ offset: Int, _ message: String) -> ImageError {
        ImageError(
            .truncated, name: name, offset: offset,
            "truncated PPM: \(message); copy or download it again")
    }
}
