import EVAConfiguration
import EVAEvaluation
import EVALayers
import EVAModels
import EVATestSupport
import Testing
import Torch

@Suite struct ZeroShotClassifierTests {
    /// One text at a time, padded to the full context; means and norms in plain Swift.
    private static func plain(_ clip: CLIP, _ prompts: PromptSet) -> [Float] {
        prompts.classNames.indices.flatMap { index in
            let directions = prompts.prompts(ofClass: index).map { prompt in
                let tokens = TinyModel.tokenize(prompt).map(Int64.init)
                let length = clip.configuration.text.contextLength
                let ids = tokens + [Int64](repeating: 0, count: length - tokens.count)
                let raw = withoutGradient {
                    clip.text(Tensor(ids, shape: [1, length]), .evaluation()).floats()
                }
                return unit(raw.map(Double.init))
            }
            let sum = directions.dropFirst().reduce(directions[0]) { zip($0, $1).map { $0 + $1 } }
            return unit(sum.map { $0 / Double(directions.count) }).map { Float($0) }
        }
    }

    private static func unit(_ vector: [Double]) -> [Double] {
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return vector.map { $0 / norm }
    }

    @Test(
        "Class vectors equal a plain computation, whatever the batches", arguments: [1, 2, 5, 64])
    func plainComputation(batchSize: Int) throws {
        let clip = try TinyModel.load()
        let prompts = try TinyModel.prompts()
        let classifier = try ZeroShotClassifier(
            prompts, encoder: FeatureEncoder(clip, batchSize: batchSize),
            tokenize: TinyModel.tokenize)
        #expect(classifier.classVectors.shape == [3, clip.configuration.embedWidth])
        let expected = Self.plain(clip, prompts)
        let comparison = Comparison(classifier.classVectors.floats(), expected)
        #expect(comparison.isWithin(Tolerance.rearranged), "\(comparison)")
        var perturbed = expected
        perturbed[7] += 1e-4
        #expect(
            !Comparison(classifier.classVectors.floats(), perturbed).isWithin(Tolerance.rearranged))
    }

    @Test("Classes beyond one group of prompts are all there, in order")
    func manyClasses() throws {
        let clip = try TinyModel.load()
        let encoder = FeatureEncoder(clip)
        // 4096 prompts are encoded at a time: with 2100 templates that is one class.
        let prompts = try PromptSet(
            classNames: ["ab", "cd", "ef"], templates: [String](repeating: "{}", count: 2100))
        let grouped = try ZeroShotClassifier(
            prompts, encoder: encoder, tokenize: TinyModel.tokenize)
        let single = try ZeroShotClassifier(
            PromptSet(classNames: prompts.classNames), encoder: encoder,
            tokenize: TinyModel.tokenize)
        let comparison = Comparison(grouped.classVectors, single.classVectors)
        #expect(comparison.isWithin(Tolerance.rearranged), "\(comparison)")
    }

    @Test("A classifier built after the weights change is another one")
    func presentWeights() throws {
        let clip = try TinyModel.load()
        let encoder = FeatureEncoder(clip)
        let prompts = try TinyModel.prompts()
        let before = try ZeroShotClassifier(prompts, encoder: encoder, tokenize: TinyModel.tokenize)
        let again = try ZeroShotClassifier(prompts, encoder: encoder, tokenize: TinyModel.tokenize)
        #expect(before.classVectors.floats() == again.classVectors.floats())
        let projection = try #require(clip.store["text.text_projection"])
        withoutGradient {
            projection.value.copy(from: projection.value.detached() + 0.1)
        }
        let after = try ZeroShotClassifier(prompts, encoder: encoder, tokenize: TinyModel.tokenize)
        #expect(!Comparison(before.classVectors, after.classVectors).isWithin(0.01))
        #expect(
            Comparison(after.classVectors.floats(), Self.plain(clip, prompts))
                .isWithin(Tolerance.rearranged))
    }

    @Test("Logits are 100 times the cosine, in fp32 for features of any dtype")
    func logits() throws {
        let clip = try TinyModel.load()
        let classifier = try ZeroShotClassifier(
            TinyModel.prompts(), encoder: FeatureEncoder(clip), tokenize: TinyModel.tokenize)
        let logits = classifier.logits(classifier.classVectors)
        #expect(Comparison(logits.diagonal().floats(), [100, 100, 100]).isWithin(1e-4))
        #expect(classifier.logits(classifier.classVectors.cast(to: .bfloat16)).dtype == .float32)
    }

    @Test("Prompts fill every place of a template with the class's name")
    func prompts() throws {
        let prompts = try TinyModel.prompts()
        #expect(prompts.prompts(ofClass: 0) == ["cat", "a cat.", "my cat in cat town", "pic: cat"])
    }

    @Test("Prompts that cannot work are refused")
    func unusablePrompts() {
        #expect(throws: EvaluationError.self) { try PromptSet(classNames: []) }
        #expect(throws: EvaluationError.self) { try PromptSet(classNames: ["a"], templates: []) }
        #expect(throws: EvaluationError("labels: class 2 has a blank name")) {
            try PromptSet(classNames: ["a", " "])
        }
        #expect(
            throws: EvaluationError(
                "templates: number 2: expected {} where the class name goes, got 'a photo'")
        ) {
            try PromptSet(classNames: ["a"], templates: ["a {}", "a photo"])
        }
    }
}
