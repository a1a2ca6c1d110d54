import EVACLIP
import EVATestSupport
import Foundation
import Testing

@Suite struct ImageTextModelTests {
    @Test("A user of the library gets unit vectors, one for each picture and text")
    func encoding() throws {
        let model = try ImageTextModel(
            Fixtures.path("rei/b_eva02b.weights.safetensors"),
            configuration: Fixtures.path("rei/b_eva02b.rei.json"))
        let pictures = [
            Image(width: 80, height: 70, mode: .rgb, pixels: [UInt8](repeating: 200, count: 16800)),
            Image(width: 64, height: 64, mode: .gray, pixels: (0..<4096).map { UInt8($0 % 256) }),
        ]
        let features = try model.encode(images: pictures)
        #expect(features.count == 2)
        for vector in features {
            #expect(vector.count == model.embedWidth)
            #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
        #expect(features[0] != features[1])
        #expect(try model.encode(images: []).isEmpty)
        // The tiny model's vocabulary is not the published one, so real words are refused.
        #expect(throws: (any Error).self) { try model.encode(texts: ["a photo of a cat"]) }
        #expect(model.logitScale > 1)
    }
}
