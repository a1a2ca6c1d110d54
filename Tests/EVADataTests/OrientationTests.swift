import EVAData
import EVAImaging
import Testing

@Suite("The orientation that a camera noted")
struct OrientationTests {
    /// One picture that is to be turned by a quarter.
    private struct Source: SampleSource {
        let picture: Image
        let name = "one"
        let summary = "one"
        let count = 1
        func sample(at index: Int) -> Sample {
            Sample(picture: .pixels(picture), text: .caption("x"))
        }
    }

    private func pixels(_ picture: Image, follows: Bool, augmented: Bool) throws -> [Float] {
        let loader = try makeLoader(
            Source(picture: picture), batchSize: 1, augmented: augmented,
            appliesOrientation: follows)
        return Array(try #require(try loader.next()).images.values)
    }

    @Test(
        "A picture is turned before everything else where the preprocessing says so, only there",
        arguments: [false, true])
    func turned(augmented: Bool) throws {
        let bytes = (0..<12 * 20 * 3).map { UInt8(truncatingIfNeeded: $0 * $0) }
        let stored = Image(width: 20, height: 12, mode: .rgb, pixels: bytes, exifOrientation: 6)
        let upright = stored.oriented()
        #expect(upright.width == 12)
        let turned = try pixels(stored, follows: true, augmented: augmented)
        #expect(try turned == pixels(upright, follows: false, augmented: augmented))
        #expect(try turned != pixels(stored, follows: false, augmented: augmented))
    }
}
