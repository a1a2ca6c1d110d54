import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

/// `convert`, `verify` and `average` on the original's weights.
@Suite struct ConvertTests {
    private let folder: TinyFolder

    init() throws {
        folder = try TinyFolder()
    }

    private static let weights = Fixtures.path("rei/b_eva02b.weights.safetensors")
    private static let configuration = Fixtures.path("rei/b_eva02b.rei.json")
    private static let proof =
        "verified: these weights compute what they computed where they came from"

    private func convert(
        _ model: String, to name: String, _ more: String...,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let configuration = model == Self.weights ? ["--config", Self.configuration] : []
        let outcome = try EvaclipProcess.run(
            ["convert", model, folder.file(name), "--threads", "1"] + configuration + more)
        try #require(outcome.code == 0, "\(outcome.errors)", sourceLocation: location)
    }

    private func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
    }

    private func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.file(name))
    }

    @Test("Folders of every naming verify, embed alike, and come back to the same bytes")
    func folders() throws {
        try convert(Self.weights, to: "open_clip")
        try convert(folder.file("open_clip"), to: "paddlemix", "--naming", "paddlemix")
        try convert(folder.file("paddlemix"), to: "rei", "--naming", "rei", "--format", "pytorch")
        try convert(folder.file("rei"), to: "shards", "--shard_size", "300KB")
        try convert(folder.file("shards"), to: "back")
        for name in [
            "open_clip/open_clip_config.json", "paddlemix/model_state.pdparams",
            "paddlemix/processor/train/image_preprocessor_config.json",
            "paddlemix/processor/eval/text_preprocessor_config.json", "rei/pytorch_model.bin",
            "shards/model.safetensors.index.json", "shards/model-00002-of-00005.safetensors",
        ] {
            #expect(exists(name), "\(name)")
        }
        for name in ["SHA256SUMS", "config.json", "golden.safetensors"] {
            #expect(try bytes("open_clip/\(name)") == bytes("back/\(name)"), "\(name)")
        }
        for name in ["open_clip", "paddlemix", "rei", "shards", "back"] {
            let output = try EvaclipProcess.succeed(
                "verify", folder.file(name), "--threads", "1")
            #expect(output.contains(Self.proof), "\(output)")
        }
        let golden = Fixtures.path("open_clip/b_eva02b.io.safetensors")
        let features = folder.file("features.safetensors")
        try EvaclipProcess.succeed(
            "embed", "--model", folder.file("paddlemix"), "--pixels", golden, "--threads", "1",
            "--output", features)
        let comparison = Comparison(
            try SafetensorsFile(path: features).tensor(named: "image_features").floats(),
            try SafetensorsFile(path: golden).tensor(named: "image_features").floats())
        #expect(comparison.isWithin(Tolerance.unitFeatures), "\(comparison)")
    }

    @Test("Shards are in Hugging Face's layout, and what cannot load them is said")
    func shards() throws {
        func run(_ name: String, _ more: String...) throws -> EvaclipProcess.Outcome {
            try EvaclipProcess.run(
                [
                    "convert", Self.weights, folder.file(name), "--config", Self.configuration,
                    "--threads", "1", "--golden", "false",
                ] + more)
        }
        let shards = try run("shards", "--shard_size", "300KB")
        #expect(shards.code == 0 && shards.errors.contains("open_clip cannot load"), "\(shards)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("shards"))
        #expect(
            files.filter { $0.hasPrefix("model") }.sorted() == (1...5).map {
                "model-0000\($0)-of-00005.safetensors"
            } + ["model.safetensors.index.json"])
        // One file is what open_clip looks for.
        let whole = try run("whole", "--shard_size", "5GB")
        #expect(
            whole.code == 0 && whole.errors == "" && exists("whole/open_clip_model.safetensors"))
        for (name, more) in [("a.safetensors", []), ("b", ["--format", "pytorch"]), ("c.pt", [])] {
            try EvaclipProcess.expectFailure(
                [
                    "convert", Self.weights, folder.file(name), "--config", Self.configuration,
                    "--shard_size", "300KB",
                ] + more, code: 64, words: ["--shard_size", "a folder of safetensors"])
        }
        for size in ["0GB", "5", "-1GB", "nanGB", "infGB", "0x10GB", "1e39GB", "GB", "9e6GB"] {
            try EvaclipProcess.expectFailure(
                ["convert", "m", "o", "--shard_size=\(size)"], code: 64, words: ["5GB or 500MB"])
        }
    }

    @Test("Narrower numbers keep the golden vectors of where they came from")
    func narrower() throws {
        try convert(Self.weights, to: "full")
        try convert(folder.file("full"), to: "half", "--dtype", "bf16")
        #expect(try bytes("full/golden.safetensors") == bytes("half/golden.safetensors"))
        let output = try EvaclipProcess.succeed("verify", folder.file("half"), "--threads", "1")
        #expect(output.contains(Self.proof))
        #expect(output.contains("least cosine 0.99"))
    }

    @Test("A preprocessing that is not the usual one survives every naming")
    func preprocessing() throws {
        try convert(Self.weights, to: "usual")
        let path = folder.file("usual/open_clip_config.json")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try #require(text.contains("\"shortest\"") && text.contains("\"bicubic\""))
        try text.replacing("\"shortest\"", with: "\"squash\"")
            .replacing("\"bicubic\"", with: "\"bilinear\"")
            .write(toFile: path, atomically: true, encoding: .utf8)
        let folderPath = folder.file("usual")
        for name in ["SHA256SUMS", "golden.safetensors"] {
            try FileManager.default.removeItem(atPath: "\(folderPath)/\(name)")
        }
        try convert(folderPath, to: "squashed", "--naming", "paddlemix")
        try convert(folder.file("squashed"), to: "back")
        #expect(try bytes("back/open_clip_config.json") == bytes("usual/open_clip_config.json"))
        #expect(try EvaclipProcess.succeed("verify", folder.file("back")).contains(Self.proof))
        // With the usual preprocessing the pictures become other features.
        try FileManager.default.removeItem(atPath: folder.file("squashed/processor"))
        try FileManager.default.removeItem(atPath: folder.file("squashed/SHA256SUMS"))
        try EvaclipProcess.expectFailure(
            ["verify", folder.file("squashed")], code: 1, words: ["image features"])
    }

    @Test("Every damage is found, named in one line, and exits with 1")
    func damage() throws {
        try convert(Self.weights, to: "model")
        let weights = folder.file("model/open_clip_model.safetensors")
        let whole = try bytes("model/open_clip_model.safetensors")
        func verify(_ words: String..., location: SourceLocation = #_sourceLocation) throws {
            let outcome = try EvaclipProcess.run(["verify", folder.file("model"), "--threads", "1"])
            #expect(outcome.code == 1, sourceLocation: location)
            #expect(!outcome.output.contains("verified"), sourceLocation: location)
            for word in words {
                #expect(
                    outcome.errorLines.contains { $0.contains(word) },
                    "no '\(word)' in \(outcome.errors)", sourceLocation: location)
            }
        }
        func write(_ data: Data) throws { try data.write(to: URL(fileURLWithPath: weights)) }

        var changed = whole
        // A number becomes another: the bytes and the features are not the same any more.
        changed.replaceSubrange(changed.count - 4..<changed.count, with: [0, 0, 0, 0x42])
        try write(changed)
        try verify("open_clip_model.safetensors is damaged", "golden.safetensors")
        // A number becomes none.
        changed.replaceSubrange(changed.count - 4..<changed.count, with: [0, 0, 0xC0, 0x7F])
        try write(changed)
        try verify("is damaged", "is not finite")
        try write(whole.dropLast(8))
        try verify("is damaged", "open_clip_model.safetensors: ")
        try FileManager.default.removeItem(atPath: weights)
        try verify("open_clip_model.safetensors is missing", "no weights")
        try write(whole)
        _ = try EvaclipProcess.succeed("verify", folder.file("model"))
    }

    @Test("What cannot be checked is said")
    func unchecked() throws {
        try convert(Self.weights, to: "model", "--golden", "false")
        #expect(!exists("model/golden.safetensors"))
        var output = try EvaclipProcess.succeed("verify", folder.file("model"))
        #expect(output.contains("no golden.safetensors") && !output.contains(Self.proof))
        output = try EvaclipProcess.succeed(
            "verify", Self.weights, "--config", Self.configuration)
        #expect(output.contains("not checked  checksums") && !output.contains(Self.proof))
    }

    @Test("A mean of models is a model, whose parts may be of any form")
    func average() throws {
        try convert(Self.weights, to: "a")
        try convert(Self.weights, to: "b", "--naming", "paddlemix")
        try EvaclipProcess.succeed(
            "average", folder.file("a"), folder.file("b"), folder.file("a"), "--weights", "1,2,1",
            "--output", folder.file("mean"))
        #expect(
            try bytes("mean/open_clip_model.safetensors")
                == bytes("a/open_clip_model.safetensors"))
        #expect(try EvaclipProcess.succeed("verify", folder.file("mean")).contains(Self.proof))
        try EvaclipProcess.expectFailure(
            ["average", folder.file("a"), folder.file("other"), "--output", folder.file("x")],
            code: 1, words: ["no such file"])
        try folder.writeModel(to: "other/config.json")
        try EvaclipProcess.expectFailure(
            ["average", folder.file("a"), folder.file("other"), "--output", folder.file("x")],
            code: 1, words: ["other: is another network"])
        #expect(!exists("x"))
    }

    @Test("Output that exists is replaced on demand only, and never a folder of something else")
    func existing() throws {
        try convert(Self.weights, to: "model.pt", "--naming", "rei")
        let first = try bytes("model.pt")
        let flags = ["--config", Self.configuration, "--threads", "1"]
        let file = ["convert", Self.weights, folder.file("model.pt")] + flags
        try EvaclipProcess.expectFailure(file, code: 1, words: ["--force"])
        #expect(try bytes("model.pt") == first)
        #expect(try EvaclipProcess.run(file + ["--force"]).code == 0)
        #expect(try bytes("model.pt") != first)

        let model = ["convert", Self.weights, folder.file("model")] + flags
        #expect(try EvaclipProcess.run(model + ["--format", "paddle"]).code == 0)
        #expect(try EvaclipProcess.run(model + ["--force"]).code == 0)
        #expect(!exists("model/model_state.pdparams") && exists("model/SHA256SUMS"))
        try folder.write("mine", to: "model/notes.txt")
        try EvaclipProcess.expectFailure(
            model + ["--force"], code: 1, words: ["notes.txt", "no part of a model"])
        #expect(exists("model/notes.txt"))
        try EvaclipProcess.expectFailure(
            ["convert", folder.file("model"), folder.file("model"), "--force"], code: 1,
            words: ["read as well as written"])
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(left.sorted() == ["model", "model.pt"])
    }

    @Test(
        "A command line that cannot be carried out is refused",
        arguments: [
            (["convert", "m"], ["output"]),
            (["convert", "m", "o", "--format", "npz"], ["--format npz", "safetensors"]),
            (["convert", "m", "o", "--naming", "timm"], ["--naming timm", "open_clip"]),
            (["convert", "m", "o.pt", "--format", "paddle"], ["--format paddle"]),
            (["convert", "m", "o", "--dtype", "int8"], ["--dtype int8"]),
            (["convert", "m", "o", "--shard_size", "5"], ["--shard_size 5"]),
            (["convert", "m", "o", "--golden", "perhaps"], ["true or false"]),
            (["average", "a", "--output", "o"], ["at least two"]),
            (["average", "a", "b", "c", "--alpha", "0.5", "--output", "o"], ["two models"]),
            (["average", "a", "b", "--alpha", "2", "--output", "o"], ["0 to 1"]),
            (["average", "a", "b", "--weights", "1", "--output", "o"], ["2 numbers"]),
            (["average", "a", "b", "--weights", "0,0", "--output", "o"], ["2 numbers"]),
        ])
    func usage(arguments: [String], words: [String]) throws {
        try EvaclipProcess.expectFailure(arguments, code: 64, words: words)
    }
}
