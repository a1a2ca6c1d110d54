/// Reads portable maps (PPM, PGM and PBM, plain and raw) as Pillow does: values are scaled to 8 bits,
/// those of a gray picture with more than 256 of them to 16.
///
/// Layout: the manual pages ppm, pgm and pbm of Netpbm.
enum PortableMapDecoder {
    static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits
    ) throws -> Image {
        let header = try PortableMapHeader(ByteView(bytes), name: name)
        try limits.check(width: header.width, height: header.height, format: .ppm, name: name)
        let samples = Samples(header)
        let pixels: [UInt8] =
            switch (header.kind, header.isPlain) {
            case (.bilevel, false): try bits(bytes, header, name: name)
            case (.bilevel, true): try digits(bytes, header, name: name)
            case (_, false): try values(bytes, header, samples, name: name)
            case (_, true): try numbers(bytes, header, samples, name: name)
            }
        return Image(
            width: header.width, height: header.height, mode: samples.mode, pixels: pixels)
    }

    /// What the numbers of a picture become.
    private struct Samples {
        let mode: Image.Mode
        let count: Int
        let highest: Int
        private let scaled: [UInt16]

        init(_ header: PortableMapHeader) {
            let isWide = header.kind == .gray && header.highest > 255
            mode =
                switch header.kind {
                case .bilevel: .bilevel
                case .gray: isWide ? .gray16 : .gray
                case .color: .rgb
                }
            count = header.width * header.height * (header.kind == .color ? 3 : 1)
            highest = header.highest
            let full = isWide ? 65535.0 : 255
            scaled = (0...header.highest).map {
                UInt16(
                    (Double($0) / Double(header.highest) * full).rounded(.toNearestOrEven))
            }
        }

        var byteCount: Int { mode == .gray16 ? 2 * count : count }

        /// Writes one number; a value beyond the highest counts as that.
        func write(_ value: Int, at index: Int, into output: UnsafeMutableBufferPointer<UInt8>) {
            let result = scaled[min(value, highest)]
            if mode == .gray16 {
                output[2 * index] = UInt8(truncatingIfNeeded: result)
                output[2 * index + 1] = UInt8(result >> 8)
            } else {
                output[index] = UInt8(truncatingIfNeeded: result)
            }
        }
    }

    /// A bit a pixel, 1 for black, each row padded to a byte.
    private static func bits(
        _ bytes: UnsafeRawBufferPointer, _ header: PortableMapHeader, name: String
    ) throws -> [UInt8] {
        let stride = (header.width + 7) / 8
        try check(bytes, header, needs: stride * header.height, name: name)
        return [UInt8](unsafeUninitializedCapacity: header.width * header.height) { output, count in
            for y in 0..<header.height {
                let start = header.dataOffset + y * stride
                for x in 0..<header.width {
                    let isBlack = bytes[start + x / 8] >> UInt8(7 - x % 8) & 1 == 1
                    output[y * header.width + x] = isBlack ? 0 : 255
                }
            }
            count = header.width * header.height
        }
    }

    /// A byte or two a number, the higher first.
    private static func values(
        _ bytes: UnsafeRawBufferPointer, _ header: PortableMapHeader, _ samples: Samples,
        name: String
    ) throws -> [UInt8] {
        let size = header.highest > 255 ? 2 : 1
        try check(bytes, header, needs: samples.count * size, name: name)
        return [UInt8](unsafeUninitializedCapacity: samples.byteCount) { output, count in
            for index in 0..<samples.count {
                let place = header.dataOffset + index * size
                let value =
                    size == 1
                    ? Int(bytes[place]) : Int(bytes[place]) << 8 | Int(bytes[place + 1])
                samples.write(value, at: index, into: output)
            }
            count = samples.byteCount
        }
    }

    /// A digit a pixel, 1 for black, with or without white space between.
    private static func digits(
        _ bytes: UnsafeRawBufferPointer, _ header: PortableMapHeader, name: String
    ) throws -> [UInt8] {
        let total = header.width * header.height
        return try [UInt8](unsafeUninitializedCapacity: total) { output, count in
            var scanner = Scanner(bytes: bytes, position: header.dataOffset)
            while count < total {
                guard let byte = scanner.nextMark() else {
                    throw missing(bytes, count, of: total, name)
                }
                guard byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") else {
                    throw PortableMapHeader.corrupt(
                        name, scanner.position - 1, "expected 0 or 1")
                }
                output[count] = byte == UInt8(ascii: "1") ? 0 : 255
                count += 1
            }
        }
    }

    /// Numbers in digits with white space between.
    private static func numbers(
        _ bytes: UnsafeRawBufferPointer, _ header: PortableMapHeader, _ samples: Samples,
        name: String
    ) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: samples.byteCount) { output, count in
            var scanner = Scanner(bytes: bytes, position: header.dataOffset)
            for index in 0..<samples.count {
                guard let value = try scanner.nextNumber(upTo: header.highest, name: name) else {
                    throw missing(bytes, index, of: samples.count, name)
                }
                samples.write(value, at: index, into: output)
            }
            count = samples.byteCount
        }
    }

    /// Reads what is written out, passing over white space and comments.
    private struct Scanner {
        let bytes: UnsafeRawBufferPointer
        var position: Int

        /// The next byte that is neither.
        mutating func nextMark() -> UInt8? {
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                if byte == UInt8(ascii: "#") {
                    skipComment()
                } else if !PortableMapHeader.isSpace(byte) {
                    return byte
                }
            }
            return nil
        }

        mutating func nextNumber(upTo highest: Int, name: String) throws -> Int? {
            guard var byte = nextMark() else { return nil }
            var value = 0
            while true {
                let digit = Int(byte) - Int(UInt8(ascii: "0"))
                guard (0...9).contains(digit), value * 10 + digit <= highest else {
                    throw PortableMapHeader.corrupt(
                        name, position - 1, "expected a number of 0 to \(highest)")
                }
                value = value * 10 + digit
                guard position < bytes.count else { return value }
                byte = bytes[position]
                position += 1
                if PortableMapHeader.isSpace(byte) { return value }
                if byte == UInt8(ascii: "#") {
                    skipComment()
                    return value
                }
            }
        }

        private mutating func skipComment() {
            while position < bytes.count, bytes[position] != 0x0a, bytes[position] != 0x0d {
                position += 1
            }
        }
    }

    private static func check(
        _ bytes: UnsafeRawBufferPointer, _ header: PortableMapHeader, needs size: Int, name: String
    ) throws {
        guard header.dataOffset <= bytes.count, size <= bytes.count - header.dataOffset else {
            throw PortableMapHeader.truncated(
                name, bytes.count, "\(header.dataOffset + size) bytes are needed")
        }
    }

    private static func missing(
        _ bytes: UnsafeRawBufferPointer, _ found: Int, of total: Int, _ name: String
    ) -> ImageError {
        PortableMapHeader.truncated(
            name, bytes.count, "\(found) of \(total) numbers are there")
    }
}
