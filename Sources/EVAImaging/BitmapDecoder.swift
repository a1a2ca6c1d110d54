/// Reads Windows bitmaps (BMP) as Pillow does: 1, 4, 8, 16, 24 and 32 bits, run-length coding, bit
/// fields; a palette of grays makes a gray picture.
///
/// Layout: Microsoft's documentation of BITMAPINFOHEADER and its predecessors.
enum BitmapDecoder {
    static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits
    ) throws -> Image {
        let header = try BitmapHeader(ByteView(bytes), name: name)
        try limits.check(width: header.width, height: header.height, format: .bmp, name: name)
        let mode = header.mode
        let pixels =
            switch header.coding {
            case .runLength8, .runLength4: try runs(bytes, header, name: name)
            default: try rows(bytes, header, name: name)
            }
        return Image(
            width: header.width, height: header.height, mode: mode, pixels: pixels,
            palette: mode == .palette ? header.palette : [])
    }

    /// Pixels stored row by row, each row padded to four bytes.
    private static func rows(
        _ bytes: UnsafeRawBufferPointer, _ header: BitmapHeader, name: String
    ) throws -> [UInt8] {
        let stride = (header.width * header.bits + 31) / 32 * 4
        let needed = header.dataOffset + stride * header.height
        guard needed <= bytes.count else {
            throw BitmapHeader.truncated(name, bytes.count, "\(needed) bytes are needed")
        }
        let rowBytes = header.width * header.mode.bytesPerPixel
        return [UInt8](unsafeUninitializedCapacity: rowBytes * header.height) { output, count in
            for y in 0..<header.height {
                let row = header.topDown ? y : header.height - 1 - y
                let start = header.dataOffset + row * stride
                unpack(
                    UnsafeRawBufferPointer(rebasing: bytes[start..<start + stride]), header,
                    into: UnsafeMutableBufferPointer(
                        rebasing: output[y * rowBytes..<(y + 1) * rowBytes]))
            }
            count = rowBytes * header.height
        }
    }

    private static func unpack(
        _ row: UnsafeRawBufferPointer, _ header: BitmapHeader,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) {
        switch header.coding {
        case .indices(let bits):
            let perByte = 8 / bits
            let mask = UInt8(truncatingIfNeeded: (1 << bits) - 1)
            let white: UInt8 = header.mode == .bilevel ? 255 : 1
            for x in 0..<header.width {
                let shift = bits * (perByte - 1 - x % perByte)
                output[x] = (row[x / perByte] >> shift & mask) * white
            }
        case .packed(let fields):
            for x in 0..<header.width {
                let value = Int(row[2 * x]) | Int(row[2 * x + 1]) << 8
                for (index, field) in fields.enumerated() {
                    let maximum = (1 << field.bits) - 1
                    output[3 * x + index] = UInt8((value >> field.shift & maximum) * 255 / maximum)
                }
            }
        case .bytes(let offsets):
            let size = header.bits / 8
            for x in 0..<header.width {
                for (index, offset) in offsets.enumerated() {
                    output[offsets.count * x + index] = row[size * x + offset]
                }
            }
        case .runLength8, .runLength4:
            fatalError("BitmapDecoder: run-length coding has no rows")
        }
    }

    /// Run-length coded indices.
    ///
    /// Pixels that are skipped have index 0.
    private static func runs(
        _ bytes: UnsafeRawBufferPointer, _ header: BitmapHeader, name: String
    ) throws -> [UInt8] {
        let width = header.width
        let total = width * header.height
        let nibbles = header.coding == .runLength4
        var indices: [UInt8] = []
        var position = header.dataOffset
        var x = 0

        func pixel(_ index: Int, of byte: UInt8) -> UInt8 {
            guard nibbles else { return byte }
            return index % 2 == 0 ? byte >> 4 : byte & 0x0f
        }

        scan: while indices.count < total, position + 2 <= bytes.count {
            let length = Int(bytes[position])
            let value = bytes[position + 1]
            position += 2
            if length > 0 {
                // A run that leaves its row is cut.
                let fitting = max(0, min(length, width - x))
                for index in 0..<fitting { indices.append(pixel(index, of: value)) }
                x += fitting
                continue
            }
            switch value {
            case 0:
                let rest = (width - indices.count % width) % width
                indices.append(contentsOf: repeatElement(0, count: rest))
                x = 0
            case 1:
                break scan
            case 2:
                guard position + 2 <= bytes.count else { break scan }
                let skipped = Int(bytes[position]) + Int(bytes[position + 1]) * width
                position += 2
                let kept = min(skipped, total - indices.count)
                indices.append(contentsOf: repeatElement(0, count: kept))
                x = indices.count % width
            default:
                let count = min(Int(value), total - indices.count)
                let size = nibbles ? (count + 1) / 2 : count
                guard position + size <= bytes.count else { break scan }
                for index in 0..<count {
                    let byte = bytes[position + (nibbles ? index / 2 : index)]
                    indices.append(pixel(index, of: byte))
                }
                x += Int(value)
                position += size
                position += position % 2
            }
        }
        guard indices.count >= total else {
            throw BitmapHeader.truncated(
                name, min(position, bytes.count),
                "\(indices.count) of \(total) pixels are coded")
        }
        guard !header.topDown else { return indices }
        return [UInt8](unsafeUninitializedCapacity: total) { output, count in
            for y in 0..<header.height {
                let start = (header.height - 1 - y) * width
                for x in 0..<width { output[y * width + x] = indices[start + x] }
            }
            count = total
        }
    }
}
