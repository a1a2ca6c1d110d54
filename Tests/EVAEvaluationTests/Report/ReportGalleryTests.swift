import EVAConfiguration
import EVAData
import EVAEvaluation
import EVAImaging
import EVAModels
import EVATestSupport
import Testing
import Torch

@Suite struct ReportGalleryTests {
    private static func gallery(
        _ clip: CLIP, _ source: LabelledPictures, captions: [String] = ["cat", "dog", "emu", "fox"]
    ) throws -> ReportGallery {
        try ReportGallery(
            source: source, captions: captions, encoder: FeatureEncoder(clip),
            preparation: ZeroShotEvaluatorTests.preparation(clip),
            preprocessing: PreprocessingConfiguration(
                imageSize: clip.configuration.vision.imageSize),
            extent: .init(pictures: 20, examples: 5, searches: 3), tokenize: TinyModel.tokenize)
    }

    @Test("Examples carry the pictures, their truth and falling probabilities")
    func examples() throws {
        let clip = try TinyModel.load()
        let gallery = try Self.gallery(clip, LabelledPictures(count: 30, classCount: 4))
        #expect(gallery.examples.count == 5)
        for example in gallery.examples {
            #expect(example.picture.width == clip.configuration.vision.imageSize)
            let probabilities = example.guesses.map(\.probability)
            #expect(probabilities.count == 3)
            #expect(probabilities == probabilities.sorted(by: >))
            #expect(probabilities.reduce(0, +) <= 1.0001)
            for guess in example.guesses {
                #expect(guess.isRight == (guess.caption == example.truth))
            }
        }
    }

    @Test("Pictures look as they did before they were normalised")
    func pictures() throws {
        let clip = try TinyModel.load()
        let source = LabelledPictures(count: 6, classCount: 4)
        let colours = try Set(
            (0..<6).map { index -> [UInt8] in
                guard case .pixels(let image) = try source.sample(at: index).picture else {
                    return []
                }
                return Array(image.pixels.prefix(3))
            })
        for example in try Self.gallery(clip, source).examples {
            #expect(colours.contains(Array(example.picture.pixels.prefix(3))))
        }
    }

    @Test("Searches find pictures in falling order and know which are right")
    func searches() throws {
        let clip = try TinyModel.load()
        let gallery = try Self.gallery(clip, LabelledPictures(count: 30, classCount: 4))
        #expect(gallery.searches.count == 3)
        #expect(Set(gallery.searches.map(\.text)).count == 3)
        for search in gallery.searches {
            let similarities = search.hits.map(\.similarity)
            #expect(similarities.count == 6)
            #expect(similarities == similarities.sorted(by: >))
            #expect(similarities.allSatisfy { abs($0) <= 1.0001 })
            #expect(search.hits.allSatisfy { $0.isRight != nil })
        }
    }

    @Test("Few pictures and captions are enough, and unreadable ones are passed over")
    func few() throws {
        let clip = try TinyModel.load()
        let gallery = try Self.gallery(
            clip, LabelledPictures(count: 3, classCount: 1, unreadable: [1]), captions: ["cat"])
        #expect(gallery.examples.count == 2)
        #expect(gallery.examples[0].guesses.map(\.probability) == [1])
        #expect(gallery.searches.map(\.hits.count) == [2])
    }

    @Test("A label without a caption is an error")
    func unknownLabel() throws {
        let clip = try TinyModel.load()
        #expect(throws: EvaluationError.self) {
            try Self.gallery(clip, LabelledPictures(count: 30, classCount: 5))
        }
    }
}
