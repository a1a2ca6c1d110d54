import EVAConfiguration
import Foundation
import Testing

@Suite("Absurd numbers in model files")
struct AbsurdModelTests {
    private static let absurd = [
        "0", "-1", "1", "3", "65536", "65537", "2147483648", "4611686018427387904",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e9", "1e18", "1e39",
        "1e308", "1e309", "-1e39", "1e-39", "0.5", "null", "[]", "[1, 2]", "{}", "\"1\"", "true",
    ]

    /// The three forms, with every number that they know.
    private static var documents: [String] {
        get throws {
            let vision = """
                "image_size": 64, "patch_size": 16, "width": 64, "layers": 2, "head_width": 32,
                "mlp_ratio": 2.5, "drop_path_rate": 0.1, "patch_dropout": 0.1, "rope": true,
                "pt_hw_seq_len": 16, "intp_freq": true, "naiveswiglu": true, "subln": true,
                "layer_norm_eps": 0.000001, "inner_attn_ln_eps": 0.000001
                """
            let text = """
                "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2,
                             "layers": 2, "mlp_ratio": 4.5, "layer_norm_eps": 0.00001}
                """
            let top = "\"embed_dim\": 48, \"init_logit_bias\": -10"
            return [
                "{\(top), \"vision_cfg\": {\"eva_model_name\": \"t\", \(vision)}, \(text)}",
                "{\(top), \"model_type\": \"evaclip\", \"vision_cfg\": {\(vision)}, \(text)}",
                String(
                    decoding: try openCLIPDocument(), as: UTF8.self),
            ]
        }
    }

    @Test("Any number in any place gives a model that can be counted, or a clear error")
    func numbers() throws {
        var refused = 0
        for document in try Self.documents {
            #expect(throws: Never.self) {
                _ = try ModelConfiguration(json: Data(document.utf8), source: "m")
            }
            let places = document.matches(of: /: (-?[0-9][0-9.]*)/)
            for (index, place) in places.enumerated() {
                for text in Self.absurd {
                    // A second place, so that products of two absurd numbers are met too.
                    let other = places[(index * 7 + 3) % places.count]
                    for partner in [nil, "9223372036854775807"] {
                        var changed = document
                        var changes = [(place.range, text)]
                        if let partner, other.range != place.range {
                            changes.append((other.range, partner))
                        }
                        for (range, value) in changes.sorted(by: {
                            $1.0.lowerBound < $0.0.lowerBound
                        }) {
                            changed.replaceSubrange(range, with: ": " + value)
                        }
                        refused += try check(changed)
                    }
                }
            }
        }
        #expect(refused > 1000)
    }

    /// Reads a document; tells 1 where it was refused.
    private func check(_ document: String) throws -> Int {
        do {
            let model = try ModelConfiguration(json: Data(document.utf8), source: "m.json")
            #expect(model.parameterCount > 0 && model.parameterCount <= 1_000_000_000_000)
            #expect(model.vision.headCount * model.vision.headWidth == model.vision.width)
            let written = try ModelConfiguration(json: model.reiJSON(), source: "written")
            #expect(written == model)
            return 0
        } catch let error as ConfigurationError {
            #expect(error.description.hasPrefix("m.json: "), "\(error)")
            return 1
        }
    }

    private static func openCLIPDocument() throws -> Data {
        let preset = try ModelPreset.named("EVA02-CLIP-B-16")
        return preset.configuration.openCLIPConfiguration(preprocessing: preset.preprocessing)
    }

    @Test("Networks that no memory holds are refused with their size")
    func enormous() {
        let sizes = #""width": 65536, "layers": 1024"#
        let document = """
            {"embed_dim": 65536, "vision_cfg": {"eva_model_name": "t", \(sizes), "mlp_ratio": 1},
             "text_cfg": {"heads": 1024, \(sizes), "mlp_ratio": 1}}
            """
        let text = errorText {
            _ = try ModelConfiguration(json: Data(document.utf8), source: "m.json")
        }
        #expect(
            text.hasPrefix("m.json: describes 5") && text.contains(" parameters; at most"),
            "\(text)")
    }

    @Test("Any number in a file of preprocessing gives one that works, or a clear error")
    func preprocessing() throws {
        let documents = [
            """
            {"size": 224, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
            """,
            """
            {"size": {"height": 224, "width": 224}, "crop_size": 224, "image_mean": [0.5, 0.5, 0.5],
             "image_std": [0.5, 0.5, 0.5]}
            """,
        ]
        for document in documents {
            for place in document.matches(of: /[0-9][0-9.]*/) {
                for text in Self.absurd {
                    var changed = document
                    changed.replaceSubrange(place.range, with: text)
                    do {
                        let found = try PreprocessingConfiguration(
                            json: Data(changed.utf8), source: "p.json", imageSize: 224)
                        #expect(found.validate() == [] && (1...8192).contains(found.imageSize))
                    } catch let error as ConfigurationError {
                        #expect(error.description.hasPrefix("p.json: "))
                    }
                }
            }
        }
    }

    @Test(
        "Numbers are those of RFC 8259",
        arguments: [
            ("1.", false), (".5", false), ("01", false), ("+1", false), ("-", false), ("1e", false),
            ("1.e3", false), ("0x1", false), ("1_0", false), ("NaN", false), ("Infinity", false),
            ("-01", false), ("1e+", false), ("--1", false), ("1.5.2", false), ("\u{661}", false),
            ("-0", true), ("0.5", true), ("1e3", true), ("1E-3", true), ("-1.25e+2", true),
            ("10", true),
        ])
    func strictNumbers(text: String, isValid: Bool) {
        let value = try? JSONParser.parse(Data("[\(text)]".utf8), source: "n.json")
        #expect((value != nil) == isValid, "\(String(describing: value))")
    }
}
