import EVAImaging
import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

/// One rule for the orientation that a camera noted, in every verb that reads pictures.
@Suite struct ExifOrientationTests {
    /// Pictures that lie on their side and say so, the same turned upright, and as they lie.
    private enum Form: String, CaseIterable {
        case sideways, upright, lying
    }

    private static let count = 6

    private let run: TinyRun
    private var folder: TinyFolder { run.folder }

    init() throws {
        run = try TinyRun()
        try folder.writeModel(vocabularySize: 49408, to: "words.json")
        var records: [String] = []
        for number in 0..<Self.count {
            let pixels = (0..<40 * 56 * 3).map { place in
                let (x, y) = (place / 3 % 40, place / 120)
                return UInt8(truncatingIfNeeded: x * (3 + number) + y * y / (2 + place % 3))
            }
            let stored = Image(width: 40, height: 56, mode: .rgb, pixels: pixels)
            let jpeg = try Self.noted(JPEGEncoder.encode(stored), orientation: 6)
            let image = try ImageDecoder.decode(jpeg, name: "sideways")
            try #require(image.exifOrientation == 6)
            let (kind, name) = (number < 3 ? "a" : "b", "\(number).jpg")
            for form in Form.allCases {
                let content =
                    switch form {
                    case .sideways: jpeg
                    case .upright: try PNGEncoder.encode(image.oriented())
                    case .lying: try PNGEncoder.encode(image)
                    }
                for path in ["images/\(name)", "classes/images/\(kind)/\(name)"] {
                    let url = URL(fileURLWithPath: folder.file("\(form.rawValue)/\(path)"))
                    try FileManager.default.createDirectory(
                        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try Data(content).write(to: url)
                }
            }
            records.append(
                #"{"caption": "word \#(number)", "image": "\#(name)", "image_id": "\#(number)"}"#)
        }
        let list = "[" + records.joined(separator: ", ") + "]"
        for form in Form.allCases {
            for split in ["train", "test"] {
                try folder.write(
                    list, to: "\(form.rawValue)/annotations/coco_karpathy_\(split).json")
            }
            try folder.write("first\nsecond\n", to: "\(form.rawValue)/classes/labels.txt")
            try folder.write("a {}\n", to: "\(form.rawValue)/classes/templates.txt")
        }
    }

    /// A JPEG with an EXIF block that holds the orientation alone.
    private static func noted(_ jpeg: [UInt8], orientation: UInt8) -> [UInt8] {
        let block: [UInt8] =
            Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1]
            + [0, orientation, 0, 0, 0, 0, 0, 0]
        return [0xff, 0xd8, 0xff, 0xe1, 0, UInt8(block.count + 2)] + block + jpeg.dropFirst(2)
    }

    private func train(_ form: Form, _ name: String, _ flags: String...) throws {
        let outcome = try EvaclipProcess.run(
            run.flags(
                name,
                [
                    "--model", folder.file("words.json"), "--task_name", "coco_clip",
                    "--data_root", folder.file(form.rawValue), "--max_steps", "2",
                    "--warmup_steps", "0", "--save_strategy", "no",
                    "--per_device_train_batch_size", "3", "--logging_steps", "1",
                ] + flags))
        try #require(outcome.code == 0, "\(outcome.errors)")
    }

    /// What verbs that use the model make of pictures, by the verb.
    private func results(_ form: Form, _ flags: [String]) throws -> [String: String] {
        let model = ["--model", folder.file("applied")]
        let pictures = ["--images", folder.file(form.rawValue + "/images")]
        func run(_ arguments: [String]) throws -> String {
            let outcome = try EvaclipProcess.run(arguments + model + flags)
            try #require(outcome.code == 0, "\(outcome.errors)")
            return outcome.output.replacing(folder.file(form.rawValue), with: "")
        }
        func tensors(_ arguments: [String], _ name: String) throws -> String {
            let output = folder.file("\(UUID()).safetensors")
            _ = try run(arguments + pictures + ["--output", output])
            return try "\(SafetensorsFile(path: output).tensor(named: name).floats())"
        }
        let report = folder.file("\(UUID())")
        _ = try run([
            "eval", "--classification_eval", folder.file(form.rawValue + "/classes"),
            "--retrieval_eval", folder.file(form.rawValue), "--output_dir", report, "--threads",
            "1",
        ])
        let content = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: report + "/eval.json")))
        let figures = try #require(content as? [String: Any])
        let retrieval = try #require(figures["retrieval"] as? [String: Any])
        let kept = ["classes": figures["per_class"], "retrieval": retrieval["metrics"]]
        return [
            "preprocess": try tensors(["preprocess"], "pixels"),
            "embed": try tensors(["embed", "--threads", "1"], "image_features"),
            "classify": try run(
                ["classify", "--labels", "cat", "dog", "--json", "--threads", "1"] + pictures),
            "eval": String(
                decoding: try JSONSerialization.data(
                    withJSONObject: kept.compactMapValues(\.self), options: .sortedKeys),
                as: UTF8.self),
        ]
    }

    @Test("Every verb turns pictures where the model's folder says so, or where it is told to")
    func verbs() throws {
        try train(.sideways, "applied", "--exif_orientation", "apply")
        // Training saw what the flag said: the losses are those of pictures turned beforehand.
        try train(.upright, "turned")
        #expect(try run.metrics("applied") == run.metrics("turned"))
        for (name, rule) in [("applied", "apply"), ("turned", "ignore")] {
            let written = String(
                decoding: try run.bytes(name + "/open_clip_config.json"), as: UTF8.self)
            #expect(written.contains("\"exif_orientation\": \"\(rule)\""), "\(written)")
        }
        let upright = try results(.upright, [])
        let sideways = try results(.sideways, [])
        let ignored = try results(.sideways, ["--exif_orientation", "ignore"])
        let lying = try results(.lying, [])
        for verb in upright.keys {
            #expect(sideways[verb] == upright[verb], "\(verb)")
            #expect(ignored[verb] == lying[verb], "\(verb)")
        }
        for verb in ["preprocess", "embed", "classify"] {
            #expect(upright[verb] != lying[verb], "\(verb)")
        }
        for (rule, isTold) in [("ignore", true), ("apply", false)] {
            let outcome = try EvaclipProcess.run([
                "preprocess", "--exif_orientation", rule, "--images",
                folder.file("sideways/images"), "--output", folder.file("told.safetensors"),
            ])
            #expect(outcome.errors.contains("6 of 6 pictures were taken") == isTold)
        }
    }
}
