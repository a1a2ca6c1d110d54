import EVAImaging
import Testing

@Suite("The transform of evaluation")
struct EvaluationTransformTests {
    private static let mean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    private static let std: [Float] = [0.26862954, 0.26130258, 0.27577711]
    private static let tolerance: Float = 1e-6

    @Test("Photographs become open_clip's pixels and floats", arguments: Fixture.photographs)
    func photographs(name: String) throws {
        let transform = EvaluationTransform(imageSize: 224, mean: Self.mean, std: Self.std)
        let image = try Fixture.image(name)
        let expected = try Fixture.bytes(of: "evaluation/\(name).rgb")
        #expect(difference(transform.pixels(of: image).pixels, expected) == nil)

        let floats = planes(transform, image)
        let samples = try #require(Fixture.expected.photographs[name]).floats
        #expect(samples.count == 20)
        for (index, sample) in samples.enumerated() {
            #expect(abs(floats[index * 7919] - sample) <= Self.tolerance)
        }
        var largest: Float = 0
        for position in 0..<224 * 224 {
            for channel in 0..<3 {
                let byte = Float(expected[3 * position + channel])
                let value = (byte / 255 - Self.mean[channel]) / Self.std[channel]
                let got = floats[channel * 224 * 224 + position]
                largest = max(largest, abs(got - value))
            }
        }
        #expect(largest <= Self.tolerance)
    }

    @Test(
        "Each way to make a square has the originals' bytes for every way of storing pixels",
        arguments: ResizeMode.allCases, Interpolation.allCases)
    func variants(mode: ResizeMode, interpolation: Interpolation) throws {
        let transform = EvaluationTransform(
            imageSize: 37, mean: Self.mean, std: Self.std, interpolation: interpolation,
            resizeMode: mode)
        for name in Fixture.variants {
            let expected = Fixture.expected.variants[name]?[
                "\(mode.rawValue) \(interpolation.rawValue)"]
            let pixels = transform.pixels(of: try Fixture.image(name)).pixels
            #expect(.text(hash(pixels)) == expected, "\(name)")
        }
    }

    @Test("Extreme shapes cost no more than their window")
    func extremes() {
        for (width, height) in [(1, 1_000_000), (1_000_000, 1), (3, 5000)] {
            let image = Image(
                width: width, height: height, mode: .gray,
                pixels: [UInt8](repeating: 9, count: width * height))
            for mode in ResizeMode.allCases {
                let transform = EvaluationTransform(
                    imageSize: 16, mean: Self.mean, std: Self.std, resizeMode: mode)
                #expect(transform.pixels(of: image).pixels.contains(9))
            }
        }
    }

    private func planes(_ transform: EvaluationTransform, _ image: Image) -> [Float] {
        let count = 3 * transform.imageSize * transform.imageSize
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            transform(image, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initialized = count
        }
    }
}
