import EVAImaging
import Testing

@Suite("Resizing")
struct ResizingTests {
    @Test("Sizes up, down and uneven have Pillow's bytes in every mode")
    func goldens() throws {
        #expect(Fixture.expected.resizes.count == 144)
        for entry in Fixture.expected.resizes {
            let interpolation = try #require(Interpolation(rawValue: entry.interpolation))
            let image = try Fixture.image(entry.file).resized(
                width: entry.width, height: entry.height, interpolation: interpolation)
            #expect(
                hash(image.convertedToRGB().pixels) == entry.rgb,
                "\(entry.file) to \(entry.width) x \(entry.height), \(entry.interpolation)")
        }
    }

    @Test("A window has the bytes of the same part of the whole", arguments: Image.Mode.allCases)
    func windows(mode: Image.Mode) throws {
        let image = picture(mode, width: 53, height: 41)
        let region = PixelRegion(x: 3, y: 5, width: 47, height: 31)
        for (width, height) in [(90, 70), (20, 33), (47, 31), (160, 9)] {
            let whole = image.resized(
                width: width, height: height, interpolation: .bicubic, region: region)
            let window = PixelRegion(x: width / 5, y: height / 3, width: width / 2, height: 3)
            let part = image.resized(
                width: width, height: height, interpolation: .bicubic, region: region,
                window: window)
            #expect(difference(part.pixels, cut(whole, window).pixels) == nil)
        }
    }

    @Test("A region has the bytes of the cut picture", arguments: Image.Mode.allCases)
    func regions(mode: Image.Mode) {
        let image = picture(mode, width: 33, height: 29)
        let region = PixelRegion(x: 4, y: 2, width: 17, height: 25)
        let direct = image.resized(
            width: 12, height: 40, interpolation: .bilinear, region: region)
        let copied = cut(image, region).resized(width: 12, height: 40, interpolation: .bilinear)
        #expect(difference(direct.pixels, copied.pixels) == nil)
    }

    @Test("Mirroring reverses the columns", arguments: Image.Mode.allCases)
    func mirrored(mode: Image.Mode) {
        let image = picture(mode, width: 31, height: 17)
        for (width, height) in [(31, 17), (64, 20), (9, 17)] {
            let plain = image.resized(width: width, height: height, interpolation: .bicubic)
            let mirrored = image.resized(
                width: width, height: height, interpolation: .bicubic, mirrored: true)
            let orientation = Image(
                width: width, height: height, mode: mode, pixels: plain.pixels,
                palette: plain.palette, exifOrientation: 2)
            #expect(difference(mirrored.pixels, orientation.oriented().pixels) == nil)
        }
    }

    @Test("An even picture stays even, also through opacity")
    func constant() {
        for mode in [Image.Mode.gray, .rgb, .cmyk, .rgba, .grayAlpha] {
            var pixels = [UInt8](repeating: 200, count: 20 * 10 * mode.bytesPerPixel)
            if mode == .rgba || mode == .grayAlpha {
                for index in stride(
                    from: mode.bytesPerPixel - 1, to: pixels.count, by: mode.bytesPerPixel)
                {
                    pixels[index] = 255
                }
            }
            let image = Image(width: 20, height: 10, mode: mode, pixels: pixels)
            let resized = image.resized(width: 33, height: 4, interpolation: .bicubic)
            #expect(Set(resized.pixels).subtracting([255]) == [200])
        }
    }

    /// Noise in any mode.
    private func picture(_ mode: Image.Mode, width: Int, height: Int) -> Image {
        var generator = SeededGenerator(seed: 5)
        let pixels = (0..<width * height * mode.bytesPerPixel).map { _ in
            UInt8(truncatingIfNeeded: generator.next())
        }
        let palette = mode == .palette ? [UInt8](repeating: 1, count: 768) : []
        return Image(width: width, height: height, mode: mode, pixels: pixels, palette: palette)
    }

    private func cut(_ image: Image, _ region: PixelRegion) -> Image {
        let size = image.mode.bytesPerPixel
        let pixels = (region.y..<region.y + region.height).flatMap { y in
            let start = (y * image.width + region.x) * size
            return image.pixels[start..<start + region.width * size]
        }
        return Image(
            width: region.width, height: region.height, mode: image.mode, pixels: pixels,
            palette: image.palette)
    }
}
