import EVAImaging
import Foundation
import Testing

@Suite("Bad pictures")
struct ImageErrorTests {
    private func error(
        _ bytes: [UInt8], name: String = "picture", limits: ImageLimits = ImageLimits()
    ) throws -> ImageError {
        try #require(throws: ImageError.self) {
            try ImageDecoder.decode(bytes, name: name, limits: limits)
        }
    }

    @Test("A missing file, a folder and a device are named")
    func paths() throws {
        let cases: [(String, ImageError.Code)] = [
            ("/nowhere/a.jpg", .notFound), ("/dev/null/a.jpg", .notFound), ("/", .unreadable),
            ("/dev/zero", .unreadable),
        ]
        for (path, code) in cases {
            let error = try #require(throws: ImageError.self) {
                try ImageDecoder.decode(contentsOf: path)
            }
            #expect(error.code == code)
            #expect(error.description.hasPrefix(path + ": "))
            #expect(!error.description.contains("\n"))
        }
    }

    @Test("Empty content and content of other kinds are told apart")
    func otherContent() throws {
        #expect(try error([]).code == .empty)
        let page = try error(Array("<html>not found</html>".utf8), name: "cat.jpg")
        #expect(page.code == .unrecognized)
        #expect(
            page.description
                == "cat.jpg: not a picture that is read: expected JPEG, PNG, WebP, GIF, TIFF, "
                + "AVIF, JPEG 2000, BMP or PPM content, got a text in HTML or XML")
        #expect(try error(Array("%PDF-1.7".utf8)).message.hasSuffix("got a PDF"))
        #expect(try error(Array("GIF89a".utf8)).code == .truncated)
        let heif = Array("\0\0\0\u{18}ftypmif1\0\0\0\0mif1heic".utf8)
        #expect(try error(heif).message.hasSuffix("got a HEIF"))
        #expect(try error([0, 1, 2, 255, 4]).message.hasSuffix("bytes 00 01 02 ff"))
        #expect(try error([7]).message.hasSuffix("bytes 07"))
    }

    @Test(
        "A file cut anywhere is an error that names it, and most are called truncated",
        arguments: [
            "jpeg_sampling2.jpg", "jpeg_progressive.jpg", "jpeg_cmyk.jpg", "png_color2_8_0.png",
            "png_palette8_interlaced.png", "webp_lossy.webp", "webp_lossless_alpha.webp",
            "webp_animation.webp", "bmp_rgb.bmp", "bmp_runs8.bmp", "gif_palette.gif",
            "gif_interlaced.gif", "gif_animation.gif", "tiff_rgb_raw.tif", "tiff_rgb_jpeg.tif",
            "tiff_planar.tif", "tiff_pages.tif", "avif_420.avif", "avif_alpha.avif",
            "jpeg2000_rgb.jp2", "jpeg2000_gray_alpha.j2k", "map_p3.ppm", "map_p4.pbm",
            "map_p5_16.pgm",
        ])
    func truncated(name: String) throws {
        let bytes = try Fixture.content(name)
        // What follows the pixels is not needed: end markers, later frames.
        let parts = [
            "webp_animation.webp": 3, "gif_animation.gif": 4, "tiff_pages.tif": 6,
            "tiff_rgb_jpeg.tif": 3,
        ]
        let needed = parts[name].map { bytes.count / $0 } ?? bytes.count - 16
        var truncated = 0
        let lengths = Array(stride(from: 12, to: needed, by: max(1, needed / 60)))
        for length in lengths {
            let error = try error(Array(bytes.prefix(length)), name: name)
            #expect(error.name == name)
            #expect(!error.description.contains("\n"))
            if error.code == .truncated { truncated += 1 }
        }
        #expect(truncated * 10 >= lengths.count * 8, "\(truncated) of \(lengths.count)")
    }

    @Test("A JPEG whose data stops at a marker is not painted gray")
    func markerInData() throws {
        let bytes = try Fixture.content("jpeg_sampling2.jpg")
        let cut = Array(bytes.prefix(bytes.count * 2 / 3)) + [0xff, 0xd9]
        let error = try error(cut)
        #expect(error.code == .corrupt)
        #expect(error.description.contains("premature end of data segment"))
        #expect(error.offset != nil)
    }

    @Test("Damaged checksums and headers say where")
    func damaged() throws {
        var bytes = try Fixture.content("png_color2_8_0.png")
        bytes[200] ^= 0xff
        let data = try error(bytes)
        #expect(data.code == .corrupt)
        #expect(data.offset != nil)
        bytes = try Fixture.content("png_color2_8_0.png")
        bytes[25] = 7
        #expect(try error(bytes).message.contains("colour type"))
        bytes = try Fixture.content("bmp_rgb.bmp")
        bytes[28] = 13
        #expect(try error(bytes).code == .unsupported)
        bytes[14] = 41
        #expect(try error(bytes).message.contains("header of 41 bytes"))
    }

    @Test("A bomb is refused by its header, before memory is asked for")
    func bombs() throws {
        var png = try Fixture.content("png_color2_8_0.png")
        png.replaceSubrange(16..<24, with: [0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff])
        #expect(try error(png).code == .tooLarge)
        png.replaceSubrange(16..<24, with: [0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50])
        #expect(try error(png).message.hasPrefix("PNG of 50000 x 50000 pixels; at most 178956970"))
        png.replaceSubrange(16..<24, with: [0, 0x20, 0, 0, 0, 0, 0, 1])
        #expect(try error(png).code == .tooLarge)
        png.replaceSubrange(16..<24, with: [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(try error(png).code == .corrupt)
        var bmp = try Fixture.content("bmp_rgb.bmp")
        bmp.replaceSubrange(18..<26, with: [0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0x80])
        #expect(try error(bmp).code == .tooLarge)
        var webp = try Fixture.content("webp_animation.webp")
        webp.replaceSubrange(24..<30, with: [0xff, 0x7f, 0, 0xff, 0x7f, 0])
        #expect(try error(webp).code == .tooLarge)
    }

    @Test("Limits are the caller's")
    func limits() throws {
        let bytes = try Fixture.content("jpeg_gray.jpg")
        let pixels = 59 * 47
        var limits = ImageLimits(maximumPixels: pixels)
        #expect(try ImageDecoder.decode(bytes, name: "a", limits: limits).width == 59)
        limits.maximumPixels = pixels - 1
        #expect(try error(bytes, limits: limits).code == .tooLarge)
        limits = ImageLimits(minimumSide: 48)
        #expect(try error(bytes, limits: limits).code == .tooSmall)
        limits = ImageLimits(maximumSide: 58)
        #expect(try error(bytes, limits: limits).code == .tooLarge)
        limits = ImageLimits(maximumFileBytes: 100)
        let error = try #require(throws: ImageError.self) {
            try ImageDecoder.decode(contentsOf: Fixture.path("jpeg_gray.jpg"), limits: limits)
        }
        #expect(error.code == .tooLarge)
    }

    @Test("A progressive JPEG with scans without end is refused")
    func scans() throws {
        let bytes = try Fixture.content("jpeg_progressive.jpg")
        let starts = bytes.indices.dropLast().filter {
            bytes[$0] == 0xff && bytes[$0 + 1] == 0xda
        }
        // The first scan may be repeated; a repeated refinement would be damaged data.
        let first = try #require(starts.first)
        let second = try #require(starts.dropFirst().first)
        var many = Array(bytes.prefix(second))
        for _ in 0..<300 { many += bytes[first..<second] }
        many += bytes[second...]
        #expect(try error(many).message.contains("more than 200 scans"))
    }

    @Test("Mutated files never crash or hang", arguments: 0..<8)
    func mutations(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let limits = ImageLimits(maximumPixels: 1 << 20)
        let evaluation = EvaluationTransform(imageSize: 8, mean: [0, 0, 0], std: [1, 1, 1])
        var failures = 0
        for name in Fixture.variants {
            var bytes = try Fixture.content(name)
            switch generator.next() % 3 {
            case 0:
                bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            case 1:
                for _ in 0..<6 {
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[index] = UInt8(truncatingIfNeeded: generator.next())
                }
            default:
                let index = Int.random(in: 0..<min(64, bytes.count), using: &generator)
                bytes[index] ^= 1 << UInt8(generator.next() % 8)
            }
            do {
                let image = try ImageDecoder.decode(bytes, name: name, limits: limits)
                #expect(evaluation.pixels(of: image.oriented()).pixels.count == 192)
            } catch let error as ImageError {
                failures += 1
                #expect(error.name == name)
            }
        }
        #expect(failures > 0)
    }
}
