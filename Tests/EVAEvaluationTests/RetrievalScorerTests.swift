import EVAEvaluation
import Foundation
import Testing
import Torch

@Suite struct RetrievalScorerTests {
    /// Directions in the plane, given in degrees, as unit vectors `[n, 2]`.
    private static func directions(_ degrees: [Double]) -> Tensor {
        let values = degrees.flatMap { angle -> [Float] in
            let radians = angle * .pi / 180
            return [Float(cos(radians)), Float(sin(radians))]
        }
        return Tensor(values, shape: [degrees.count, 2])
    }

    private static func values(_ recalls: RetrievalReport.Recalls) -> [Double] {
        [recalls.at1, recalls.at5, recalls.at10]
    }

    @Test("Recalls with several captions an image equal those counted by hand")
    func severalCaptions() throws {
        // Images at 0, 20 and 40 degrees; texts of image 0 at 1 and 38, of 1 at 22, of 2 at 41
        // and 19. Text to image: hits are 1, 22 and 41, so 3 of 5 at the first place, and all in
        // the first five. Image to text: nearest to 0 is 1 (right), to 20 is 19 (wrong; 22 is
        // right and second), to 40 is 41 (right).
        let report = try RetrievalScorer()(
            images: Self.directions([0, 20, 40]), texts: Self.directions([1, 38, 22, 41, 19]),
            imageOfText: [0, 0, 1, 2, 2])
        #expect(report.images == 3)
        #expect(report.texts == 5)
        #expect(Self.values(report.textToImage) == [60, 100, 100])
        let twoOfThree = 200.0 / 3
        #expect(Self.values(report.imageToText) == [twoOfThree, 100, 100])
        #expect(report.metrics["image_retrieval_recall@1"] == 0.6)
        #expect(report.metrics["text_retrieval_recall@5"] == 1)
    }

    @Test(
        "Recalls equal those that NumPy counts in the whole matrix of scores",
        arguments: [30, 1 << 23])
    func numpy(tileElementLimit: Int) throws {
        // 23 images and 90 texts of 8 numbers, by a formula that NumPy 2.4 was given as well; it
        // sorted all scores (argsort, stable) and counted. Image 22 has no text.
        func numbers(_ count: Int, _ a: Int, _ b: Int) -> Tensor {
            let values = (0..<count).flatMap { i in
                (0..<8).map { j in Float((i * 131 + j * 71 + i * i * a + i * j * b) % 97 - 48) }
            }
            return Tensor(values, shape: [count, 8])
        }
        let images = numbers(23, 7, 17)
        let imageOfText = (0..<90).map { $0 * 5 % 22 }
        let own = images.selected(
            indices: Tensor(imageOfText.map(Int64.init), shape: [90]), dimension: 0)
        let report = try RetrievalScorer(tileElementLimit: tileElementLimit)(
            images: images.normalized(), texts: (own + numbers(90, 3, 29) * 2.5).normalized(),
            imageOfText: imageOfText)
        let found =
            Self.values(report.textToImage).map { $0 * 90 / 100 }
            + Self.values(report.imageToText).map { $0 * 22 / 100 }
        #expect(found.map { Int($0.rounded()) } == [21, 53, 75, 5, 16, 19])
    }

    @Test("An image without texts is searched for nothing but may be found")
    func imageWithoutText() throws {
        let report = try RetrievalScorer()(
            images: Self.directions([0, 30]), texts: Self.directions([1, 29]), imageOfText: [0, 0])
        #expect(report.textToImage.at1 == 50)
        #expect(report.imageToText.at1 == 100)
    }

    @Test("Equal scores rank by index")
    func ties() throws {
        let same = Self.directions([Double](repeating: 5, count: 12))
        let report = try RetrievalScorer()(
            images: same, texts: same, imageOfText: Array(0..<12))
        // Text i finds i others before its own image: one, five and ten of twelve are in time.
        let expected = [1.0, 5.0, 10.0].map { 100 * ($0 / 12) }
        for recalls in [report.textToImage, report.imageToText] {
            for (value, expected) in zip(Self.values(recalls), expected) {
                #expect(abs(value - expected) < 1e-9)
            }
        }
    }

    @Test("Tiles of any size give the same recalls", arguments: [1, 7, 100, 1000])
    func tiles(limit: Int) throws {
        let source = RandomSource(seed: 3)
        let images = Tensor.empty([40, 16], dtype: .float32, device: .cpu)
        images.fillNormal(standardDeviation: 1, from: source)
        let noise = Tensor.empty([100, 16], dtype: .float32, device: .cpu)
        noise.fillNormal(standardDeviation: 0.9, from: source)
        let imageOfText = (0..<100).map { $0 % 39 }
        let texts =
            images.selected(
                indices: Tensor(imageOfText.map { Int64($0) }, shape: [100]), dimension: 0) + noise
        let plain = try RetrievalScorer()(
            images: images.normalized(), texts: texts.normalized(), imageOfText: imageOfText)
        let tiled = try RetrievalScorer(tileElementLimit: limit)(
            images: images.normalized(), texts: texts.normalized(), imageOfText: imageOfText)
        #expect(tiled == plain)
        #expect(plain.textToImage.at1 > 20)
        #expect(plain.textToImage.at1 < 95)
        #expect(plain.imageToText != plain.textToImage)
    }

    @Test("Pairs that do not fit are refused")
    func unusable() throws {
        let three = Self.directions([1, 2, 3])
        for imageOfText in [[0, 1], [0, 1, 3], [0, 1, -1]] {
            #expect(throws: EvaluationError.self) {
                try RetrievalScorer()(images: three, texts: three, imageOfText: imageOfText)
            }
        }
        #expect(throws: EvaluationError.self) {
            try RetrievalScorer()(
                images: Tensor.full([0, 2], 0, device: .cpu), texts: three, imageOfText: [0, 0, 0])
        }
    }
}
