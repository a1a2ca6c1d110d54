import EVAImaging
import Testing

@Suite("Decoding")
struct ImageDecoderTests {
    @Test("Photographs have Pillow's mode, size and pixels", arguments: Fixture.photographs)
    func photographs(name: String) throws {
        let expected = try #require(Fixture.expected.photographs[name])
        let image = try Fixture.image(name)
        #expect(image.mode.rawValue == expected.mode)
        #expect(image.width == expected.width)
        #expect(image.height == expected.height)
        #expect(image.exifOrientation == expected.orientation)
        #expect(hash(image.convertedToRGB().pixels) == expected.rgb)
    }

    @Test("Every way of storing pixels gives Pillow's mode and pixels", arguments: Fixture.variants)
    func variants(name: String) throws {
        let expected = try #require(Fixture.expected.variants[name])
        let image = try Fixture.image(name)
        #expect(.text(image.mode.rawValue) == expected["mode"])
        #expect(.number(image.width) == expected["width"])
        #expect(.number(image.height) == expected["height"])
        #expect(.number(image.exifOrientation) == expected["orientation"])
        #expect(.text(hash(image.convertedToRGB().pixels)) == expected["rgb"])
        #expect(.text(hash(image.oriented().convertedToRGB().pixels)) == expected["oriented"])
    }

    @Test("All modes and formats are among the pictures")
    func coverage() {
        let facts = Fixture.expected.variants.values
        let modes = Set(facts.compactMap { $0["mode"] })
        #expect(modes == Set(Image.Mode.allCases.map { Expected.Fact.text($0.rawValue) }))
        for format in [
            "jpeg", "png", "webp", "gif", "tiff", "avif", "jpeg2000", "bmp", "map",
        ] {
            #expect(Fixture.variants.contains { $0.hasPrefix(format) })
        }
    }

    @Test("The format is read from the content, not from the name")
    func content() throws {
        let bytes = try Fixture.content("jpeg_gray.jpg")
        let image = try ImageDecoder.decode(bytes, name: "picture.png")
        #expect(image.mode == .gray)
        #expect(image.width == 59)
    }

    @Test("A GIF is one whatever its name says, and so are the others")
    func disguised() throws {
        let formats = [
            ("gif_in_disguise.jpg", "GIF"), ("tiff_rgb_lzw.tif", "TIFF"),
            ("avif_420.avif", "AVIF"), ("jpeg2000_rgb.jp2", "JPEG 2000"),
            ("jpeg2000_rgb.j2k", "JPEG 2000"), ("map_p1.pbm", "PPM"), ("map_p6.ppm", "PPM"),
        ]
        for (name, format) in formats {
            let bytes = try Fixture.content(name)
            #expect(ImageDecoder.formatName(of: bytes) == format, "\(name)")
            #expect(try ImageDecoder.decode(bytes, name: "picture.jpg").width == 59)
        }
    }

    @Test("The names of all fixtures end as a picture's does")
    func fileExtensions() {
        for name in Fixture.variants + Fixture.photographs {
            let ending = name.split(separator: ".").last.map(String.init)
            #expect(ImageDecoder.fileExtensions.contains(ending ?? ""), "\(name)")
        }
    }

    @Test("An orientation of every kind is undone once")
    func orientation() throws {
        // Two columns, three rows: a b / c d / e f.
        let pixels: [UInt8] = [1, 2, 3, 4, 5, 6]
        let expected: [Int: [UInt8]] = [
            1: [1, 2, 3, 4, 5, 6], 2: [2, 1, 4, 3, 6, 5], 3: [6, 5, 4, 3, 2, 1],
            4: [5, 6, 3, 4, 1, 2], 5: [1, 3, 5, 2, 4, 6], 6: [5, 3, 1, 6, 4, 2],
            7: [6, 4, 2, 5, 3, 1], 8: [2, 4, 6, 1, 3, 5],
        ]
        for (orientation, turned) in expected {
            let image = Image(
                width: 2, height: 3, mode: .gray, pixels: pixels, exifOrientation: orientation)
            let result = image.oriented()
            #expect(result.pixels == turned, "orientation \(orientation)")
            #expect(result.width == (orientation < 5 ? 2 : 3))
            #expect(result.exifOrientation == 1)
        }
    }
}
