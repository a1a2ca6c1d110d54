import EVAImaging
import Testing

@Suite("The transform of training")
struct TrainingTransformTests {
    private let crop = RandomResizedCrop(scale: 0.9...1, ratio: 3.0 / 4...4.0 / 3)

    @Test("Boxes are those of an independent implementation for the same random words")
    func boxes() {
        #expect(Fixture.expected.boxes.count == 36)
        for entry in Fixture.expected.boxes {
            var generator = ScriptedGenerator(entry.words)
            let region = crop.region(
                width: entry.width, height: entry.height, using: &generator)
            #expect(
                [region.x, region.y, region.width, region.height] == entry.box,
                "\(entry.width) x \(entry.height)")
        }
    }

    @Test("Every box lies in its picture, and those that fit have the area asked for")
    func bounds() {
        var generator = SeededGenerator(seed: 3)
        for (width, height) in [(640, 480), (33, 57), (1, 1), (2, 900), (900, 2)] {
            for _ in 0..<200 {
                let region = crop.region(width: width, height: height, using: &generator)
                #expect(region.x >= 0 && region.x + region.width <= width && region.width > 0)
                #expect(region.y >= 0 && region.y + region.height <= height && region.height > 0)
                if width == 640 {
                    #expect(region.width * region.height >= width * height * 89 / 100)
                }
            }
        }
    }

    @Test("Pixels are Pillow's crop, resize and mirror")
    func pixels() throws {
        for entry in Fixture.expected.training {
            let image = try Fixture.image(entry.file)
            for (probability, expected) in [(0.0, entry.rgb), (1.0, entry.mirrored)] {
                let transform = TrainingTransform(
                    imageSize: 96, mean: [0, 0, 0], std: [1, 1, 1],
                    flipProbability: probability)
                var generator = ScriptedGenerator(entry.words)
                let pixels = transform.pixels(of: image, using: &generator).pixels
                #expect(hash(pixels) == expected, "\(entry.file)")
            }
        }
    }

    @Test("The same generator gives the same floats, another one others")
    func determinism() throws {
        let image = try Fixture.image("camera.png")
        let transform = TrainingTransform(
            imageSize: 32, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], flipProbability: 0.5)
        func floats(seed: UInt64) -> [Float] {
            var generator = SeededGenerator(seed: seed)
            return [Float](unsafeUninitializedCapacity: 3072) { buffer, count in
                transform(
                    image, using: &generator,
                    into: UnsafeMutableBufferPointer(rebasing: buffer[..<3072]))
                count = 3072
            }
        }
        let first = floats(seed: 1)
        let repeats = first == floats(seed: 1)
        let differs = first != floats(seed: 2)
        #expect(repeats && differs)
    }

    @Test("Half of the pictures are mirrored at a probability of one half")
    func flips() {
        let image = Image(width: 2, height: 2, mode: .gray, pixels: [0, 255, 0, 255])
        let transform = TrainingTransform(
            imageSize: 2, mean: [0, 0, 0], std: [1, 1, 1], scale: 1...1, ratio: 1...1,
            flipProbability: 0.5)
        var generator = SeededGenerator(seed: 9)
        let mirrored = (0..<1000).count { _ in
            transform.pixels(of: image, using: &generator).pixels[0] == 255
        }
        #expect((450...550).contains(mirrored))
    }
}
