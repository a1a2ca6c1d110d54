import EVAImaging
import Testing

@Suite("Encoding")
struct EncoderTests {
    @Test("A PNG gives back the pixels, whatever the mode that went in")
    func png() throws {
        for name in ["jpeg_cmyk.jpg", "png_palette8.png", "png_gray8_0.png", "rocket.jpg"] {
            let image = try Fixture.image(name).convertedToRGB()
            let again = try ImageDecoder.decode(PNGEncoder.encode(image), name: "encoded")
            #expect(again.mode == .rgb)
            #expect(difference(again.pixels, image.pixels) == nil)
        }
    }

    @Test("A JPEG is near its picture, nearer at a higher quality")
    func jpeg() throws {
        let image = try Fixture.image("rocket.jpg")
        func meanError(quality: Int) throws -> Double {
            let bytes = try JPEGEncoder.encode(image, quality: quality)
            let again = try ImageDecoder.decode(bytes, name: "encoded")
            #expect(again.width == image.width)
            let sum = zip(again.pixels, image.pixels).reduce(0) {
                $0 + abs(Int($1.0) - Int($1.1))
            }
            return Double(sum) / Double(image.pixels.count)
        }
        let low = try meanError(quality: 20)
        let high = try meanError(quality: 95)
        #expect(high < 2.5)
        #expect(high < low)
    }

    @Test("A side that JPEG cannot hold is refused")
    func tooLong() throws {
        let image = Image(
            width: 70_000, height: 1, mode: .gray, pixels: [UInt8](repeating: 0, count: 70_000))
        let error = try #require(throws: ImageError.self) { try JPEGEncoder.encode(image) }
        #expect(error.code == .unsupported)
        #expect(error.description.contains("65500"))
    }
}
