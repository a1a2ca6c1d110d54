import EVACLIP
import EVATensorFiles
import EVATestSupport
import EVATokenizer
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

    @Test("Texts become the features that the original gives to their tokens")
    func texts() throws {
        // As many tokens, all different, as the first three texts of the original's input have.
        let texts = [
            "cat", "a photo of the dog", "one two three four five red green blue house tree",
        ]
        let golden = try Fixtures.tensors("rei/b_eva02b.io.safetensors")
        let model = try model(
            knowing: texts, as: golden.tensor(named: "input_ids").values(as: Int64.self))
        let features = try model.encode(texts: texts)
        #expect(features.map(\.count) == [48, 48, 48])
        let expected = try golden.tensor(named: "text_features").floats().prefix(3 * 48)
        let comparison = Comparison(features.flatMap(\.self), Array(expected))
        #expect(comparison.isWithin(Tolerance.unitFeatures), "\(comparison)")
        // One at a time, and in another order, they are the same.
        let last = try model.encode(texts: [texts[2]])
        let alone = Comparison(last[0], features[2])
        #expect(alone.isWithin(Tolerance.unitFeatures), "\(alone)")
        #expect(try model.encode(texts: []).isEmpty)
    }

    /// The original's tiny model with the published vocabulary, in which the tokens of some texts have
    /// the embeddings of the tokens of its own input.
    private func model(knowing texts: [String], as ids: [Int64]) throws -> ImageTextModel {
        let folder = try TinyFolder()
        let tokenizer = try CLIPTokenizer.published()
        let weights = try Fixtures.tensors("rei/b_eva02b.weights.safetensors")
        let name = "text.token_embedding.weight"
        let (count, width, length) = (49408, 64, 77)
        let known = try weights.tensor(named: name).floats()
        var table = [Float](repeating: 0, count: count * width)
        for (row, text) in texts.enumerated() {
            let tokens = tokenizer.encode(text)
            let original = ids[row * length..<(row + 1) * length].prefix { $0 != 511 } + [511]
            try #require(tokens.count == original.count && Set(tokens).count == tokens.count)
            for (token, id) in zip(tokens, original) {
                let source = Int(id) * width
                table.replaceSubrange(
                    Int(token) * width..<Int(token + 1) * width,
                    with: known[source..<source + width])
            }
        }
        let tensors = try weights.names.map { key in
            (
                key,
                try key == name
                    ? HostTensor(table, shape: [count, width]) : weights.tensor(named: key)
            )
        }
        try SafetensorsWriter.write(tensors, to: folder.file("model.safetensors"))
        let configuration = try String(
            contentsOfFile: Fixtures.path("rei/b_eva02b.rei.json"), encoding: .utf8)
        try folder.write(
            configuration.replacing("\"vocab_size\": 512", with: "\"vocab_size\": \(count)"),
            to: "config.json")
        return try ImageTextModel(folder.path)
    }
}
