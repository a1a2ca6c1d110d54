import EVAEvaluation
import EVALayers
import EVAModels
import EVATestSupport
import Foundation
import Testing
import Torch

@Suite struct ClassifierCacheTests {
    /// What a cache says, and what lies in its folder.
    private final class Place {
        let folder = TemporaryPlace()
        var notes: [String] = []

        var cache: ClassifierCache {
            ClassifierCache(folder: folder.path + "/c") { [self] in notes.append($0) }
        }
        var files: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/c")) ?? [])
                .sorted()
        }
    }

    private final class TemporaryPlace {
        let path = NSTemporaryDirectory() + "classifiers-\(UUID())"
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func build(
        _ clip: CLIP, _ prompts: PromptSet? = nil, dtype: DType = .float32, in place: Place,
        tokenize: (String) -> [Int32] = TinyModel.tokenize
    ) throws -> [Float] {
        try ZeroShotClassifier(
            prompts ?? TinyModel.prompts(),
            encoder: FeatureEncoder(clip, computeDType: dtype, batchSize: 4), tokenize: tokenize,
            cache: place.cache
        ).classVectors.floats()
    }

    @Test("The second time the same bits are read, and no text is encoded")
    func reading() throws {
        let place = Place()
        let clip = try TinyModel.load()
        let first = try build(clip, in: place)
        #expect(place.notes.count == 1 && place.notes[0].hasPrefix("classifier kept in "))
        #expect(try build(clip, in: place) == first)
        #expect(place.notes.count == 2 && place.notes[1].hasPrefix("classifier read from "))
        #expect(place.files.count == 1)
        let plain = try ZeroShotClassifier(
            TinyModel.prompts(), encoder: FeatureEncoder(clip, batchSize: 4),
            tokenize: TinyModel.tokenize)
        #expect(plain.classVectors.floats() == first)
    }

    @Test("Other weights, prompts, tokens or dtypes never meet a classifier of old")
    func keys() throws {
        let place = Place()
        let clip = try TinyModel.load()
        let prompts = try TinyModel.prompts()
        var known = try build(clip, in: place)
        func expectNew(_ vectors: [Float], _ what: String) {
            #expect(place.notes.last?.hasPrefix("classifier kept in ") == true, "\(what)")
            #expect(vectors != known, "\(what)")
        }
        expectNew(
            try build(
                clip,
                PromptSet(
                    classNames: prompts.classNames, templates: Array(prompts.templates.dropLast())),
                in: place), "a template less")
        // The same sentences, but for other classes.
        let regrouped = try PromptSet(
            classNames: prompts.classNames.flatMap { name in
                prompts.templates.map { $0.replacingOccurrences(of: "{}", with: name) }
            })
        expectNew(try build(clip, regrouped, in: place), "one class a sentence")
        expectNew(
            try build(clip, in: place) { text in TinyModel.tokenize(text + ".") }, "other tokens")
        expectNew(try build(clip, dtype: .bfloat16, in: place), "another dtype")
        // The smallest change of one weight, deep inside.
        let weight = try #require(
            clip.store.parameters.last {
                $0.name.hasPrefix("text.") && $0.name.hasSuffix("ln_1.weight")
            })
        withoutGradient {
            weight.value.selected(0, dimension: 0).multiply(inPlace: 1.5)
        }
        expectNew(try build(clip, in: place), "another weight")
        known = []
        // The vision tower has no part in it.
        let image = try #require(
            clip.store.parameters.first { $0.name.hasPrefix("visual.") })
        withoutGradient { image.value.fill(1) }
        _ = try build(clip, in: place)
        #expect(place.notes.last?.hasPrefix("classifier read from ") == true)
    }

    @Test("A damaged file is passed over and written anew", arguments: [8, -2])
    func damage(offset: Int) throws {
        let place = Place()
        let clip = try TinyModel.load()
        let first = try build(clip, in: place)
        let path = place.folder.path + "/c/" + (try #require(place.files.first))
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var bytes = whole
        bytes[offset < 0 ? bytes.count + offset : offset] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try build(clip, in: place) == first)
        #expect(place.notes.last?.hasPrefix("classifier kept in ") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
    }

    @Test("Where nothing can be kept, that is said and the evaluation goes on")
    func unwritable() throws {
        let clip = try TinyModel.load()
        var notes: [String] = []
        let classifier = try ZeroShotClassifier(
            TinyModel.prompts(), encoder: FeatureEncoder(clip), tokenize: TinyModel.tokenize,
            cache: ClassifierCache(folder: "/dev/null/c") { notes.append($0) })
        #expect(classifier.classVectors.shape[0] == 3)
        #expect(notes.count == 1 && notes[0].hasPrefix("the classifier could not be kept: "))
    }

    @Test("Only so many are kept")
    func limit() throws {
        let place = Place()
        let clip = try TinyModel.load()
        for number in 0..<66 {
            _ = try build(clip, PromptSet(classNames: ["class \(number)"]), in: place)
        }
        #expect(place.files.count == 64)
    }
}
