import EVAConfiguration
import Testing

@Suite("Model presets")
struct ModelPresetTests {
    @Test("Every published model has its exact number of parameters", arguments: PublishedModel.all)
    func exactParameterCounts(model: PublishedModel) throws {
        let preset = try ModelPreset.named(model.name)
        #expect(preset.configuration.parameterCount == model.parameterCount)
    }

    @Test("The towers' parameters add up as published")
    func towerParameterCounts() throws {
        let configuration = try ModelPreset.named("EVA02-CLIP-L-14-336").configuration
        #expect(configuration.vision.parameterCount(embedWidth: 768) == 304_432_832)
        #expect(configuration.text.parameterCount(embedWidth: 768) == 123_650_304)
    }

    @Test("Every preset is valid and every spelling finds it", arguments: ModelPreset.all)
    func spellings(preset: ModelPreset) throws {
        #expect(preset.configuration.validate() == [])
        for spelling in preset.spellings {
            #expect(try ModelPreset.named(spelling.uppercased()) == preset)
        }
    }

    @Test("No two presets share a spelling")
    func spellingsAreUnique() {
        let spellings = ModelPreset.all.flatMap(\.spellings).map { $0.lowercased() }
        #expect(Set(spellings).count == spellings.count)
    }

    @Test(
        "All names in use find their model",
        arguments: [
            ("EVA02-CLIP-L-14", "EVA02-CLIP-L-14"), ("EVA02-E-14-plus", "EVA02-CLIP-bigE-14-plus"),
            ("paddlemix/EVA/EVA02-CLIP-B-16", "EVA02-CLIP-B-16"),
            ("paddlemix/EVA/EVA01-CLIP-B-14", "EVA01-CLIP-g-14"),
            ("EVA01-CLIP-B-14-plus", "EVA01-CLIP-g-14-plus"),
            ("EVA02_CLIP_L_336_psz14_s6B", "EVA02-CLIP-L-14-336"),
        ])
    func names(spelling: String, name: String) throws {
        #expect(try ModelPreset.named(spelling).name == name)
    }

    @Test("A misspelt name is refused with the nearest one")
    func misspeltName() {
        let text = errorText { _ = try ModelPreset.named("EVA02-CLIP-B16") }
        #expect(text.contains("did you mean \"EVA02-CLIP-B-16\"?"))
    }

    @Test("Seven models are published, each with an accuracy and a tag")
    func published() {
        #expect(ModelPreset.published.count == 7)
        for preset in ModelPreset.published {
            #expect(preset.isPublished)
            #expect(!preset.accuracies.isEmpty && !preset.pretrainedTags.isEmpty)
        }
        #expect(ModelPreset.trials.allSatisfy { !$0.isPublished })
    }
}
