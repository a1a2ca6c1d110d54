import EVAConfiguration
import Foundation
import Testing

@Suite("Preprocessing configurations")
struct PreprocessingConfigurationTests {
    private func read(_ json: String) throws -> PreprocessingConfiguration {
        try PreprocessingConfiguration(json: Data(json.utf8), source: "p.json", imageSize: 224)
    }

    @Test("open_clip's form is read, its defaults are CLIP's")
    func openCLIP() throws {
        #expect(
            try read(#"{"preprocess_cfg": {}}"#) == PreprocessingConfiguration(imageSize: 224))
        let full = try read(
            #"{"size": [336, 336], "mean": [0, 0.5, 1], "std": [1, 1, 1], "mode": "RGB", "#
                + #""interpolation": "bilinear", "resize_mode": "squash"}"#)
        #expect(
            full
                == PreprocessingConfiguration(
                    imageSize: 336, mean: [0, 0.5, 1], std: [1, 1, 1], interpolation: .bilinear,
                    resizeMode: .squash))
    }

    @Test(
        "PaddleMIX's form is read in each spelling of the size",
        arguments: [
            (#"{"shortest_edge": 336}"#, PreprocessingConfiguration.ResizeMode.shortest),
            (#"{"height": 336, "width": 336}"#, .squash), ("[336, 336]", .squash),
            ("336", .shortest), (#"336, "default_to_square": true"#, .squash),
        ])
    func paddleMIX(size: String, mode: PreprocessingConfiguration.ResizeMode) throws {
        let json = """
            {"image_processor_type": "CLIPImageProcessor", "do_resize": true, "do_normalize": true,
             "image_mean": [0.48145466, 0.4578275, 0.40821073], "do_rand_resize_crop": false,
             "image_std": [0.26862954, 0.26130258, 0.27577711], "interpolation": "bicubic",
             "resample": 3, "do_flip": false, "size": \(size)}
            """
        #expect(
            try read(json) == PreprocessingConfiguration(imageSize: 336, resizeMode: mode))
    }

    @Test(
        "PaddleMIX's form is written as it is read, but for a mode that it lacks",
        arguments: PreprocessingConfiguration.ResizeMode.allCases)
    func paddleMIXRoundTrip(mode: PreprocessingConfiguration.ResizeMode) throws {
        let preprocessing = PreprocessingConfiguration(
            imageSize: 336, mean: [0.1, 0.2, 0.3], interpolation: .bilinear, resizeMode: mode)
        guard mode != .longest else {
            #expect(
                errorText { _ = try preprocessing.paddleMIXImageProcessor(training: false) }
                    .contains("resize_mode"))
            return
        }
        let data = try preprocessing.paddleMIXImageProcessor(training: false)
        #expect(try read(String(decoding: data, as: UTF8.self)) == preprocessing)
    }

    @Test("The rule for a camera's orientation is kept in both forms, and none means ignoring it")
    func exifOrientation() throws {
        for form in [#""mean": 0.5"#, #""do_resize": true"#] {
            #expect(try read("{\(form)}").exifOrientation == .ignore)
            #expect(
                try read("{\(form), \"exif_orientation\": \"apply\"}").exifOrientation == .apply)
            #expect(
                errorText { _ = try read("{\(form), \"exif_orientation\": \"turn\"}") }
                    .contains("apply, ignore"))
        }
        for rule in PreprocessingConfiguration.ExifOrientation.allCases {
            let preprocessing = PreprocessingConfiguration(imageSize: 64, exifOrientation: rule)
            let written = try preprocessing.paddleMIXImageProcessor(training: false)
            #expect(try read(String(decoding: written, as: UTF8.self)).exifOrientation == rule)
        }
    }

    @Test("PaddleMIX's silence means other numbers than open_clip's")
    func paddleMIXDefaults() throws {
        let read = try read(#"{"do_resize": true}"#)
        #expect(
            read
                == PreprocessingConfiguration(
                    imageSize: 224, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5],
                    interpolation: .bilinear, resizeMode: .squash))
    }

    @Test(
        "What cannot be carried out is refused",
        arguments: [
            (#"{"do_resize": true, "do_rescale": true}"#, "do_rescale"),
            (#"{"do_resize": true, "size": 256, "crop_size": 224}"#, "crop_size"),
            (#"{"mean": [0, 0, 0], "std": [0, 1, 1]}"#, "std"),
            (#"{"mean": [0, 0]}"#, "mean: expected three numbers"),
            (#"{"mean": 0, "interpolation": "nearest"}"#, "bicubic, bilinear"),
            (#"{"mean": 0, "size": [224, 336]}"#, "size"),
            (#"{"mean": 0, "resize_mod": "squash"}"#, "resize_mode"),
        ])
    func refused(json: String, expected: String) {
        #expect(errorText { _ = try read(json) }.contains(expected))
    }
}
