import EVAConfiguration
import Testing

@Suite struct TensorDegreeTests {
    @Test("Published models know among how many ranks their layers can be divided")
    func degrees() {
        let degrees = Dictionary(
            uniqueKeysWithValues: ModelPreset.published.map {
                ($0.name, $0.configuration.tensorDegrees)
            })
        #expect(
            degrees == [
                "EVA01-CLIP-g-14": [1, 2, 4],
                "EVA01-CLIP-g-14-plus": [1, 2, 4, 8, 16],
                "EVA02-CLIP-B-16": [1, 2, 4],
                // 2,730 features of the vision tower's feed-forward.
                "EVA02-CLIP-L-14": [1, 2],
                "EVA02-CLIP-L-14-336": [1, 2],
                "EVA02-CLIP-bigE-14": [1, 2, 4, 8, 16],
                "EVA02-CLIP-bigE-14-plus": [1, 2, 4],
            ])
    }

    @Test("A degree that works is taken, every other is refused with those that work")
    func check() throws {
        for preset in ModelPreset.all {
            let working = preset.configuration.tensorDegrees
            for degree in 1...64 {
                if working.contains(degree) {
                    try preset.configuration.checkTensorDegree(degree, name: preset.name)
                } else {
                    #expect(throws: ConfigurationError.self, "\(preset.name) \(degree)") {
                        try preset.configuration.checkTensorDegree(degree, name: preset.name)
                    }
                }
            }
        }
    }

    @Test("The error names every number that stops the degree, in one line")
    func message() throws {
        let configuration = try ModelPreset.named("EVA02-CLIP-B-16").configuration
        func text(_ degree: Int) -> String? {
            do {
                try configuration.checkTensorDegree(degree, name: "EVA02-CLIP-B-16")
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(
            text(8) == "--tensor_parallel_degree 8: 12 heads of the vision tower are not divisible "
                + "by 8; degrees that work for EVA02-CLIP-B-16: 1, 2, 4")
        #expect(
            text(3) == "--tensor_parallel_degree 3: 2048 features of the vision tower's "
                + "feed-forward, 8 heads of the text tower, 2048 features of the text tower's "
                + "feed-forward and 49408 tokens of the vocabulary are not divisible by 3; degrees "
                + "that work for EVA02-CLIP-B-16: 1, 2, 4")
        #expect(text(4) == nil)
    }
}
