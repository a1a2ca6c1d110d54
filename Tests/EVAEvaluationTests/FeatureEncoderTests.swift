import EVAConfiguration
import EVAEvaluation
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Testing
import Torch

@Suite struct FeatureEncoderTests {
    @Test("Features equal the original's, whatever the batches", arguments: [1, 3, 64])
    func features(batchSize: Int) throws {
        let golden = try Fixtures.tensors("rei/b_eva02b.io.safetensors")
        let encoder = FeatureEncoder(try TinyModel.load(), batchSize: batchSize)
        let images = try encoder.images(golden.tensor(named: "image").makeTensor())
        let ids = try golden.tensor(named: "input_ids").makeTensor()
        let length = ids.shape[1]
        let flat = ids.integers().map(Int32.init)
        let texts = try encoder.texts(
            stride(from: 0, to: flat.count, by: length).map { Array(flat[$0..<$0 + length]) })
        for (name, actual) in [("image_features", images), ("text_features", texts)] {
            let expected = try golden.tensor(named: name).makeTensor()
            let comparison = Comparison(actual, expected)
            #expect(comparison.isWithin(Tolerance.unitFeatures), "\(name): \(comparison)")
        }
    }

    @Test("Features of 16-bit products point the same way", arguments: [DType.bfloat16, .float16])
    func precision(dtype: DType) throws {
        let clip = try TinyModel.load()
        let pixels = try Fixtures.tensors("rei/b_eva02b.io.safetensors").tensor(named: "image")
            .makeTensor()
        let texts = ["cat", "a very old dog", "zebra"].map(TinyModel.tokenize)
        func features(_ dtype: DType) throws -> Tensor {
            let encoder = FeatureEncoder(clip, computeDType: dtype)
            return Tensor.concatenated(
                [try encoder.images(pixels), try encoder.texts(texts)], dimension: 0)
        }
        let (exact, coarse) = (try features(.float32), try features(dtype))
        #expect(coarse.dtype == .float32)
        let cosines = (exact * coarse).sum(dimension: 1).floats()
        #expect(cosines.allSatisfy { $0 >= 0.999 }, "\(cosines)")
        #expect(exact.floats() != coarse.floats())
    }

    @Test("Texts come back in the order in which they were given")
    func order() throws {
        let encoder = FeatureEncoder(try TinyModel.load(), batchSize: 2)
        let texts = ["a longer text", "b", "the longest by", "cc", "b"].map(TinyModel.tokenize)
        let together = try encoder.texts(texts)
        for (index, text) in texts.enumerated() {
            let alone = try encoder.texts([text])
            let comparison = Comparison(together.sliced(index..<index + 1, dimension: 0), alone)
            #expect(comparison.isWithin(Tolerance.rearranged), "text \(index): \(comparison)")
        }
        let others = Comparison(
            together.sliced(0..<1, dimension: 0), together.sliced(1..<2, dimension: 0))
        #expect(!others.isWithin(0.01))
    }

    @Test("Token ids that do not suit the model are refused by name")
    func unsuitableTokens() throws {
        let encoder = FeatureEncoder(try TinyModel.load())
        let limit = encoder.model.configuration.text.contextLength
        for (text, message) in [
            ([Int32](), "text 1: expected token ids, got none"),
            ([5, -1], "text 1: expected token ids in 0 ..< 512, got -1"),
            ([5, 512], "text 1: expected token ids in 0 ..< 512, got 512"),
            (
                [Int32](repeating: 1, count: limit) + [511],
                "text 1: has \(limit + 1) tokens, more than the model's \(limit); "
                    + "cut it and keep its end mark"
            ),
        ] {
            #expect(throws: EvaluationError(message)) { try encoder.texts([[1, 2, 511], text]) }
        }
        #expect(throws: EvaluationError.self) { try encoder.texts([]) }
    }

    @Test("Images of another shape are refused")
    func unsuitableImages() throws {
        let encoder = FeatureEncoder(try TinyModel.load())
        #expect(throws: EvaluationError.self) {
            try encoder.images(Tensor.full([1, 3, 8, 8], 0, device: .cpu))
        }
    }

    @Test("Features that are not finite are an error")
    func nonFinite() throws {
        let clip = try TinyModel.load()
        clip.store.parameters.forEach { parameter in
            withoutGradient { parameter.value.fill(.nan) }
        }
        #expect(throws: EvaluationError.self) {
            try FeatureEncoder(clip).texts([TinyModel.tokenize("cat")])
        }
    }
}
