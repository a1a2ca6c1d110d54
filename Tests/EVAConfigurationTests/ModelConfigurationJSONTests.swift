import EVAConfiguration
import Foundation
import Testing

@Suite("Model configurations in JSON")
struct ModelConfigurationJSONTests {
    private func read(_ data: Data) throws -> ModelConfiguration {
        try ModelConfiguration(json: data, source: "model.json")
    }

    @Test(
        "rei's and PaddleMIX's files of one model build the preset's network",
        arguments: PublishedModel.all)
    func formsAgree(model: PublishedModel) throws {
        let expected = try ModelPreset.named(model.name).configuration
        #expect(try read(model.rei) == expected)
        #expect(try read(model.paddleMIX) == expected)
        #expect(try read(model.savedPaddleMIX) == expected)
    }

    @Test(
        "open_clip's file builds the same network, stochastic depth aside",
        arguments: PublishedModel.all)
    func openCLIPAgrees(model: PublishedModel) throws {
        var expected = try ModelPreset.named(model.name).configuration
        expected.vision.dropPathRate = 0
        #expect(try read(model.openCLIP) == expected)
    }

    @Test(
        "The small families read alike from rei's and PaddleMIX's files",
        arguments: ["a_eva01", "b_eva02b", "c_eva02l336", "d_bige"])
    func smallFamilies(name: String) throws {
        let rei = try read(fixture("rei/\(name).rei.json"))
        #expect(try read(fixture("paddlemix/\(name).config.json")) == rei)
        #expect(rei.vision.qkvBias && rei.vision.pooling == .classToken)
        #expect(rei.vision.usesSubLayerNorm == (rei.vision.rope != nil))
        #expect((rei.vision.normPlacement == .post) == name.hasPrefix("d_"))
        #expect(rei.vision.mlpWidth == ["a": 279, "b": 170, "c": 170, "d": 548][name.prefix(1)])
    }

    @Test("Silence means biases and the class token in rei's form, the contrary in PaddleMIX's")
    func defaultsDiffer() throws {
        let vision = #""width": 64, "head_width": 32, "layers": 2"#
        let text = #""text_cfg": {"width": 64, "heads": 2, "layers": 2}"#
        let rei = #"{"embed_dim": 8, "vision_cfg": {"eva_model_name": "x", \#(vision)}, \#(text)}"#
        let paddle =
            #"{"embed_dim": 8, "model_type": "evaclip", "vision_cfg": {\#(vision)}, \#(text)}"#
        let reiVision = try read(Data(rei.utf8)).vision
        let paddleVision = try read(Data(paddle.utf8)).vision
        #expect(reiVision.qkvBias && reiVision.pooling == .classToken)
        #expect(!paddleVision.qkvBias && paddleVision.pooling == .mean)
    }

    @Test("A file that carries no program's mark is refused with the way out")
    func ambiguousFile() {
        let json = #"{"embed_dim": 8, "vision_cfg": {"width": 64}, "text_cfg": {"width": 64}}"#
        let text = errorText { _ = try read(Data(json.utf8)) }
        #expect(text.contains("eva_model_name") && text.contains("use_mean_pooling"))
    }

    @Test("A file that mixes both programs' pooling keys is refused")
    func mixedFile() {
        let text = errorText {
            _ = try read(
                reiDocument(vision: #", "use_mean_pooling": false, "global_average_pool": false"#))
        }
        #expect(text.contains("vision_cfg.global_average_pool"))
    }

    @Test("Misspelt keys are all listed, with the nearest known ones")
    func misspeltKeys() {
        let text = errorText {
            _ = try read(reiDocument(vision: #", "mlp_ration": 4"#, text: #", "hidden": 3"#))
        }
        #expect(text.contains(#"vision_cfg.mlp_ration: unknown key; did you mean "mlp_ratio"?"#))
        #expect(text.contains("text_cfg.hidden: unknown key"))
        #expect(text.hasPrefix("model.json: 2 problems"))
    }

    @Test("A value of the wrong type is reported with key path, expectation and finding")
    func wrongType() {
        let text = errorText { _ = try read(reiDocument(vision: #", "subln": "yes""#)) }
        #expect(
            text == "model.json: vision_cfg.subln: expected true or false, got the string \"yes\"")
    }

    @Test(
        "A boolean is not a number, and a number is not a boolean",
        arguments: [#", "mlp_ratio": true"#, #", "rope": 1"#, #", "drop_path_rate": "0""#])
    func booleansAreNotNumbers(vision: String) {
        _ = errorText { _ = try read(reiDocument(vision: vision)) }
    }

    @Test(
        "Options that no published model uses are refused by name",
        arguments: [
            (#", "use_rel_pos_bias": true, "use_mean_pooling": false"#, "use_rel_pos_bias"),
            (#", "ls_init_value": 0.1"#, "ls_init_value"),
            (#", "attentional_pool": true"#, "attentional_pool"),
        ])
    func refusedOptions(vision: String, key: String) {
        let text = errorText { _ = try read(reiDocument(vision: vision)) }
        #expect(text.contains("vision_cfg.\(key): ") && text.contains("not built"))
        #expect(
            errorText { _ = try read(reiDocument(top: #""quick_gelu": true,"#)) }
                .contains("quick_gelu: the boolean true"))
    }

    @Test("Options switched off and kernel choices are accepted")
    func ignoredOptions() throws {
        let plain = try read(reiDocument())
        let extra =
            #", "ls_init_value": null, "attentional_pool": false, "xattn": true, "fusedLN": true"#
        #expect(try read(reiDocument(vision: extra, top: #""quick_gelu": false,"#)) == plain)
        #expect(try read(reiDocument(vision: #", "ls_init_value": 0.0"#)) == plain)
    }

    @Test("An unknown timm name is refused, with the nearest and with rei's form as the way out")
    func unknownTimmName() throws {
        let text = errorText { _ = try read(fixture("open_clip/unknown_timm_name.json")) }
        #expect(text.contains("tiny_a_eva01") && text.contains("rei's form"))
    }

    @Test("A timm tower with another pooling, projection or image size is refused")
    func timmVariants() {
        let json = """
            {"embed_dim": 512, "vision_cfg": {"image_size": 256, "timm_pool": "avg",
              "timm_model_name": "eva02_base_patch16_clip_224"}, "text_cfg": {}}
            """
        let text = errorText { _ = try read(Data(json.utf8)) }
        for key in ["timm_pool", "timm_proj", "image_size"] {
            #expect(text.contains("vision_cfg.\(key): "))
        }
    }

    @Test(
        "Invalid JSON is located by line and byte",
        arguments: [
            ("{\"embed_dim\": 5,\n \"vision_cfg\" {}}", "line 2, column 15 (byte 31)"),
            ("{'embed_dim': 5}", "line 1, column 2 (byte 1)"),
            ("", "line 1, column 1 (byte 0)"),
            ("{\"a\": 1, \"a\": 2}", "the key \"a\" is given twice"),
            ("{\"a\": NaN}", "a value is expected"),
            ("{} {}", "text after the end"),
            (String(repeating: "[", count: 100_000), "nested deeper"),
        ])
    func invalidJSON(json: String, expected: String) {
        let text = errorText { _ = try read(Data(json.utf8)) }
        #expect(text.hasPrefix("model.json: not valid JSON: ") && text.contains(expected))
    }

    @Test(
        "Values that cannot be a network are all reported",
        arguments: [
            (#", "mlp_ratio": 1e300"#, "vision_cfg.mlp_ratio"),
            (#", "mlp_ratio": -1"#, "vision_cfg.mlp_ratio"),
            (#", "subln": true"#, "vision_cfg.subln"),
            (#", "rope": true, "pt_hw_seq_len": 16"#, "vision_cfg.intp_freq"),
            (#", "drop_path_rate": 1"#, "vision_cfg.drop_path_rate"),
        ])
    func invalidValues(vision: String, keyPath: String) {
        #expect(errorText { _ = try read(reiDocument(vision: vision)) }.contains(keyPath))
    }

    @Test("Huge and negative sizes are reported, not computed with")
    func hostileSizes() {
        let json = """
            {"embed_dim": 9223372036854775807, "vision_cfg": {"eva_model_name": "x", "width": -1,
              "head_width": 0, "patch_size": 0, "mlp_ratio": 4}, "text_cfg": {"width": 0, "heads": -3,
              "mlp_ratio": 1}}
            """
        let text = errorText { _ = try read(Data(json.utf8)) }
        #expect(text.contains("vision_cfg.mlp_ratio"))
    }

    @Test("rei's form round-trips exactly", arguments: ModelPreset.all)
    func reiRoundTrip(preset: ModelPreset) throws {
        #expect(try read(preset.configuration.reiJSON()) == preset.configuration)
    }

    @Test("A logit bias is read and written under open_clip's key, and only where there is one")
    func logitBias() throws {
        var model = try ModelPreset.named("EVA02-CLIP-B-16").configuration
        model.vision.dropPathRate = 0
        #expect(!String(decoding: model.reiJSON(), as: UTF8.self).contains("logit_bias"))
        let parameterCount = model.parameterCount
        model.initialLogitBias = -9.5
        #expect(model.parameterCount == parameterCount + 1)
        #expect(try read(model.reiJSON()) == model)
        let openCLIP = model.openCLIPConfiguration(
            preprocessing: PreprocessingConfiguration(imageSize: 224))
        #expect(try read(openCLIP) == model)
    }

    @Test("PaddleMIX's form round-trips exactly", arguments: ModelPreset.all)
    func paddleMIXRoundTrip(preset: ModelPreset) throws {
        var configuration = preset.configuration
        #expect(try read(configuration.paddleMIXJSON()) == configuration)
        // PaddleMIX takes the mean where nothing is said, rei the class token.
        configuration.vision.pooling = .mean
        configuration.vision.qkvBias = false
        configuration.initialLogitBias = -10
        #expect(try read(configuration.paddleMIXJSON()) == configuration)
    }

    @Test("rei's form round-trips every feed-forward width and every unusual value")
    func reiRoundTripOfUnusualValues() throws {
        var configuration = try ModelPreset.named("EVA02-CLIP-Nano").configuration
        for hidden in 1...2000 {
            configuration.vision.mlpWidth = hidden
            configuration.text.mlpWidth = hidden
            #expect(try read(configuration.reiJSON()) == configuration)
        }
        configuration.vision.pooling = .mean
        configuration.vision.qkvBias = false
        configuration.vision.rope = RopeConfiguration(
            pretrainedGridSize: 8, interpolatesFrequencies: false)
        configuration.vision.innerAttentionNormEpsilon = 1e-5
        configuration.vision.layerNormEpsilon = 1e-4
        configuration.text.layerNormEpsilon = 1e-6
        configuration.vision.patchDropout = 0.5
        #expect(try read(configuration.reiJSON()) == configuration)
    }

    @Test("open_clip's file round-trips, by name where timm has one", arguments: ModelPreset.all)
    func openCLIPRoundTrip(preset: ModelPreset) throws {
        let data = preset.configuration.openCLIPConfiguration(preprocessing: preset.preprocessing)
        #expect(try read(data) == preset.configuration)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("timm_model_name") == preset.isPublished)
        let preprocessing = try PreprocessingConfiguration(
            json: data, source: "open_clip_config.json", imageSize: 1)
        #expect(preprocessing == preset.preprocessing)
    }

    @Test("A changed value changes what is read, so equality above means something")
    func equalityCanFail() throws {
        let preset = try ModelPreset.named("EVA02-CLIP-B-16")
        var changed = preset.configuration
        changed.vision.innerAttentionNormEpsilon = 1e-5
        #expect(try read(changed.reiJSON()) != preset.configuration)
    }

    @Test("Codable round-trips")
    func codable() throws {
        let configuration = try ModelPreset.named("EVA02-CLIP-L-14-336").configuration
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(ModelConfiguration.self, from: data) == configuration)
    }

    @Test("Damaged files are read or refused with a configuration error, never anything else")
    func damagedFiles() throws {
        let whole = [UInt8](try ModelPreset.named("EVA02-CLIP-B-16").configuration.reiJSON())
        var random = SeededGenerator(state: 1)
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...1, using: &random) * (bytes.count / 3))
            do {
                #expect(try read(Data(bytes)).validate() == [])
            } catch let error as ConfigurationError {
                #expect(!error.problems.isEmpty)
            }
        }
    }
}
