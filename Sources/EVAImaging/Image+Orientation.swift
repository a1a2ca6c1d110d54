extension Image {
    /// The picture turned and mirrored as its ``exifOrientation`` asks, with orientation 1.
    public func oriented() -> Image {
        guard (2...8).contains(exifOrientation) else { return self }
        let swapsSides = exifOrientation >= 5
        let newWidth = swapsSides ? height : width
        let newHeight = swapsSides ? width : height
        let size = mode.bytesPerPixel
        let bytes = [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
            pixels.withUnsafeBufferPointer { input in
                var position = 0
                for y in 0..<newHeight {
                    for x in 0..<newWidth {
                        let source = storedPosition(x, y)
                        let offset = (source.y * width + source.x) * size
                        for byte in 0..<size {
                            output[position] = input[offset + byte]
                            position += 1
                        }
                    }
                }
            }
            count = pixels.count
        }
        return Image(
            width: newWidth, height: newHeight, mode: mode, pixels: bytes, palette: palette)
    }

    /// Where the pixel that is seen at `x`, `y` is stored (EXIF 2.3, tag 0x0112).
    private func storedPosition(_ x: Int, _ y: Int) -> (x: Int, y: Int) {
        switch exifOrientation {
        case 2: (width - 1 - x, y)
        case 3: (width - 1 - x, height - 1 - y)
        case 4: (x, height - 1 - y)
        case 5: (y, x)
        case 6: (y, height - 1 - x)
        case 7: (width - 1 - y, height - 1 - x)
        case 8: (width - 1 - y, x)
        default: (x, y)
        }
    }
}
