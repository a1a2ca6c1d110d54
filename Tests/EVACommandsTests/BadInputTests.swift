import EVAData
import EVAImaging
import EVATestSupport
import Foundation
import Testing

/// Bad input ends a command with one clear line and exit code 1, or 64 for a bad command line.
@Suite struct BadInputTests {
    // MARK: The command line

    @Test(
        "A command line that cannot be carried out is refused with the remedy",
        arguments: [
            (["trian"], ["unknown verb \"trian\"", "did you mean \"train\""]),
            (
                ["train", "--output_dir", "o", "--lerning_rate", "1"],
                ["--lerning_rate", "learning_rate"]
            ),
            (["train", "--output_dir", "o", "--max_steps"], ["--max_steps", "got nothing"]),
            (["train", "--output_dir", "o", "--max_steps", "many"], ["--max_steps", "\"many\""]),
            (["train", "--model", "EVA02-CLIP-Nano"], ["--output_dir", "expected a folder"]),
            (
                ["train", "--output_dir", "o", "--max_steps", "2", "--warmup_steps", "9"],
                ["warm-up"]
            ),
            (["eval", "--model", "m"], ["--classification_eval"]),
            (
                ["eval", "--classification_eval", "c", "--fp16", "--bf16"], ["--fp16", "--bf16"]
            ),
            (["embed", "--model", "m", "--output", "o", "--image", "x"], ["--image"]),
            (["embed", "--model", "m", "--output", "o"], ["--images, --texts or --pixels"]),
            (["embed", "--output", "o", "--texts", "t"], ["--model"]),
            (["embed", "--model"], ["--model"]),
            (
                ["embed", "--model", "m", "--texts", "t", "--output", "o", "--precision", "int8"],
                ["--precision int8", "fp32, bf16 or fp16"]
            ),
            (["classify", "--model", "m", "--images", "x"], ["--labels"]),
            (
                ["classify", "--model", "m", "--images", "x", "--labels", "a", "--top", "0"],
                ["'0'", "--top", "from 1 to"]
            ),
            (
                [
                    "embed", "--model", "m", "--images", "x", "--output", "o", "--image_size",
                    "65536",
                ],
                ["65536", "--image-size", "1 to 8192"]
            ),
            (
                [
                    "classify", "--model", "m", "--images", "x", "--labels", "a", "--patch_size",
                    "0",
                ],
                ["'0'", "--patch-size", "1 to 1024"]
            ),
            (
                ["eval", "--classification_eval", "c", "--image_size", "65536"],
                ["--image_size", "1 to 8192"]
            ),
            (
                ["preprocess", "--images", "x", "--output", "o", "--exif_orientation", "turn"],
                ["turn", "apply"]
            ),
            (["tokenize", "--texts", "t"], ["--output"]),
            (["preprocess", "--output", "o"], ["--images"]),
            (["models", "--yaml"], ["--yaml"]),
        ])
    func usage(arguments: [String], words: [String]) throws {
        try EvaclipProcess.expectFailure(arguments, code: 64, words: words)
    }

    @Test("Every problem of a command line is told at once")
    func severalProblems() throws {
        let outcome = try EvaclipProcess.run([
            "train", "--output_dir", "o", "--lerning_rate", "1", "--max_steps", "x",
        ])
        #expect(outcome.code == 64)
        #expect(outcome.errors.split(separator: "\n").count == 2, "\(outcome.errors)")
    }

    // MARK: Models

    @Test("A model that cannot be used is named with the reason")
    func models() throws {
        let folder = try TinyFolder()
        let ready = try folder.writeTensors()
        func fails(
            _ model: [String], _ words: String..., location: SourceLocation = #_sourceLocation
        ) throws {
            try EvaclipProcess.expectFailure(
                ["embed", "--model"] + model + [
                    "--pixels", ready, "--output", folder.file("o.safetensors"), "--threads", "1",
                ], code: 1, words: words, location: location)
        }
        let weights = Fixtures.path("rei/b_eva02b.weights.safetensors")
        try fails([folder.file("none")], "none", "no such file or folder")
        try fails(["EVA02-CLIP-B-61"], "EVA02-CLIP-B-61", "EVA02-CLIP-B-16")
        try fails(["EVA02-CLIP-B-16"], "no weights")
        try fails([folder.path], folder.path, "config.json")
        try fails([weights], "--config")
        try fails([weights, "--config", folder.file("none.json")], "none.json", "no such")
        let other = try folder.writeModel(vocabularySize: 512)
        try fails([weights, "--config", other], "does not fit", "expected shape")
        let misspelt = try folder.write(
            try String(contentsOfFile: other, encoding: .utf8).replacing(
                "image_size", with: "imagesize"), to: "misspelt.json")
        try fails([weights, "--config", misspelt], "misspelt.json", "imagesize", "image_size")
        let broken = try folder.write("{\"embed_dim\": 16,", to: "broken.json")
        try fails([weights, "--config", broken], "broken.json")
        let noise = try folder.write("nothing that is a tensor file", to: "noise.safetensors")
        try fails([noise, "--config", other], "noise.safetensors")
        let cut = folder.file("cut.safetensors")
        let whole = try Data(contentsOf: URL(fileURLWithPath: weights))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: cut))
        try fails([cut, "--config", Fixtures.path("rei/b_eva02b.rei.json")], "cut.safetensors")
        // By then the weights are loaded, which is told.
        let outcome = try EvaclipProcess.run([
            "embed", "--model", weights, "--config", Fixtures.path("rei/b_eva02b.rei.json"),
            "--pixels", ready, "--output", folder.file("o.safetensors"), "--threads", "1",
        ])
        #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("images: expected shape [N, 3, 64, 64]"))
        #expect(outcome.errors.contains("weights loaded from \(weights)"))
        try fails([weights, "--config", other, "--device", "gpu"], "'gpu'")
    }

    @Test("What does not fit into memory is refused with the flags that help")
    func memory() throws {
        let folder = try TinyFolder()
        let picture = folder.file("a.png")
        let image = Image(
            width: 8, height: 8, mode: .gray, pixels: [UInt8](repeating: 9, count: 64))
        try Data(PNGEncoder.encode(image)).write(to: URL(fileURLWithPath: picture))
        let pictures = [String](repeating: picture, count: 1000)
        let output = folder.file("o.safetensors")
        // More than a terabyte each, whatever the machine.
        let model = ["--model", "EVA02-CLIP-bigE-14", "--image_size", "8190", "--device", "cpu"]
        try EvaclipProcess.expectFailure(
            ["embed"] + model + ["--batch_size", "500", "--output", output, "--images"] + pictures,
            code: 1, words: ["500 pictures of 8190 x 8190", "GiB", "are free; use a"])
        try EvaclipProcess.expectFailure(
            ["preprocess", "--image_size", "8192", "--output", output, "--images"] + pictures,
            code: 1, words: ["1000 pictures of 8192 x 8192", "GiB", "are free; prepare fewer"])
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    // MARK: Inputs of the verbs that use a model

    @Test("Pictures, texts and outputs that cannot be used are named with the reason")
    func inputs() throws {
        let folder = try TinyFolder()
        let text = try folder.write("no picture at all", to: "a.png")
        let texts = try folder.write("a red circle\n", to: "texts.txt")
        let output = folder.file("o.safetensors")
        func fails(
            _ arguments: [String], _ words: [String], location: SourceLocation = #_sourceLocation
        ) throws {
            try EvaclipProcess.expectFailure(arguments, code: 1, words: words, location: location)
        }
        try fails(
            ["preprocess", "--images", text, "--output", output],
            ["error: --images: \(text): not a picture that is read: expected JPEG"])
        let unread = try EvaclipProcess.run(
            ["preprocess", "--images", text, "--output", output])
        #expect(!unread.errors.contains("max_bad_samples"), "\(unread.errors)")
        let missing = folder.file("none.png")
        try fails(
            ["preprocess", "--images", missing, "--output", output], [missing, "no such file"])
        let empty = folder.file("empty")
        try FileManager.default.createDirectory(
            atPath: empty, withIntermediateDirectories: true)
        try fails(["preprocess", "--images", empty, "--output", output], [empty, "no pictures"])
        #expect(!FileManager.default.fileExists(atPath: output))
        try fails(
            ["tokenize", "--texts", folder.file("none.txt"), "--output", output], ["none.txt"])
        let json = try folder.write("[\"a\", 3]", to: "texts.json")
        try fails(["tokenize", "--texts", json, "--output", output], ["texts.json", "JSON"])
        let nothing = try folder.write("", to: "nothing.txt")
        try fails(
            ["tokenize", "--texts", nothing, "--output", output], ["nothing.txt", "no text"])
        let small = try folder.writeModel(vocabularySize: 64)
        try fails(
            ["tokenize", "--model", small, "--texts", texts, "--output", output],
            ["vocab_size", "64", "49408"])
        // Outputs that cannot be written.
        for (path, word) in [
            ("/dev/full", "no plain file"), (folder.path, "is a folder"),
            (folder.file("none/o.safetensors"), "No such file"),
            (texts + "/o.safetensors", "Not a directory"), ("/proc/o.safetensors", "/proc"),
        ] {
            try fails(["tokenize", "--texts", texts, "--output", path], [path, word])
        }
        let outcome = try EvaclipProcess.run(["models"], output: "/dev/full")
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("standard output: cannot be written: No space left"))
    }

    // MARK: Training

    @Test("A run that cannot start says why")
    func training() throws {
        let run = try TinyRun()
        let folder = run.folder
        let words = try folder.writeModel(vocabularySize: 49408, to: "words.json")
        let exporter = ShapesExporter(
            imageSize: 32, trainingCount: 4, validationCount: 1, picturesPerClass: 1)
        try exporter.write(to: folder.file("coco"))
        let annotations = "annotations/coco_karpathy_train.json"
        let coco = [
            "--model", words, "--task_name", "coco_clip", "--data_root", folder.file("coco"),
        ]
        func fails(
            _ flags: [String], _ expected: String..., location: SourceLocation = #_sourceLocation
        ) throws {
            try EvaclipProcess.expectFailure(
                run.flags("out", ["--max_steps", "3"] + flags), code: 1, words: expected,
                location: location)
            #expect(run.lines("out/metrics.jsonl").isEmpty, sourceLocation: location)
        }
        try fails(["--task_name", "coco_clop"], "coco_clop", "coco_clip")
        try fails(["--task_name", "shapes"], "vocab_size")
        try fails(["--task_name", "tensors:" + folder.file("none")], "none", "no such file")
        try fails(["--per_device_train_batch_size", "23"], "22 samples", "23")
        try fails(coco + ["--data_root", folder.file("no")], folder.file("no"))
        try fails(["--resume_from_checkpoint", "latest"], "no checkpoint")
        try fails(["--resume_from_checkpoint", folder.path], "trainer_state.json")
        try fails(["--pretrained"], "no weights")
        try fails(
            [
                "--evaluation_strategy", "steps", "--classification_eval", folder.file("no"),
                "--model", words, "--task_name", "shapes",
            ], folder.file("no"))
        try fails(
            ["--output_dir", folder.file("model.json/out")], "--output_dir", "Not a directory")
        try fails(["--output_dir", "/proc/out"], "--output_dir", "/proc/out")
        try folder.write("[{\"caption\": \"a\", \"image\":", to: "coco/" + annotations)
        try fails(coco, annotations, "byte")
        try folder.write("[{\"image\": \"train/0.png\"}]", to: "coco/" + annotations)
        try fails(coco, annotations, "record 0", "has no \"caption\"")
    }

    @Test("Flags that change nothing are told once, at the start, and the run goes on")
    func idleFlags() throws {
        let run = try TinyRun()
        let outcome = try EvaclipProcess.run(
            run.flags(
                "out",
                [
                    "--max_steps", "3", "--csv_img_key", "u", "--report_to", "wandb", "--sharding",
                    "stage2", "--optim", "x",
                ]))
        #expect(outcome.code == 0, "\(outcome)")
        let warnings = outcome.errors.split(separator: "\n").filter {
            $0.hasPrefix("warning: ") && $0.contains(" has no effect: ")
        }
        #expect(
            warnings.map { $0.split(separator: " ")[1] } == [
                "--optim", "--csv_img_key", "--report_to", "--sharding",
            ], "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("warning: "))
    }

    @Test("A file of flags that cannot be read is told with its line")
    func runConfiguration() throws {
        let folder = try TinyFolder()
        for (text, words) in [
            ("seed: 1\nmodel: \"a", ["line 2", "not valid YAML"]),
            ("seed: 1.\nloss: [a,b]", ["line 1: seed", "line 2: loss"]),
        ] {
            let path = try folder.write(text, to: "run.yaml")
            let outcome = try EvaclipProcess.run(["train", "--run_config", path])
            #expect(outcome.code == 1 && words.allSatisfy(outcome.errors.contains), "\(outcome)")
        }
        let path = folder.file("bytes.yaml")
        try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: path))
        try EvaclipProcess.expectFailure(
            ["train", "--run_config", path], code: 1, words: ["bytes.yaml", "UTF-8"])
    }

    @Test("A corrupt picture is listed and passed over; too many end the run")
    func corruptPictures() throws {
        let run = try TinyRun()
        let folder = run.folder
        let words = try folder.writeModel(vocabularySize: 49408, to: "words.json")
        let exporter = ShapesExporter(
            imageSize: 32, trainingCount: 8, validationCount: 1, picturesPerClass: 1)
        try exporter.write(to: folder.file("coco"))
        let picture = "coco/images/train/3.png"
        let whole = try run.bytes(picture)
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder.file(picture)))
        let flags = [
            "--model", words, "--task_name", "coco_clip", "--data_root", folder.file("coco"),
            "--num_train_epochs", "2", "--warmup_steps", "0", "--save_strategy", "no",
        ]
        let within = try EvaclipProcess.run(run.flags("a", flags + ["--max_bad_samples", "1"]))
        #expect(within.code == 0, "\(within.errors)")
        #expect(run.lines("a/bad_samples.jsonl").count == 1)
        #expect(run.lines("a/bad_samples.jsonl").first?.contains("3.png") == true)
        #expect(run.exists("a/open_clip_model.safetensors"))
        let beyond = try EvaclipProcess.run(run.flags("b", flags + ["--max_bad_samples", "0"]))
        #expect(beyond.code == 1)
        #expect(beyond.errorLines.count == 1, "\(beyond.errors)")
        #expect(beyond.errors.contains("--max_bad_samples"), "\(beyond.errors)")
        #expect(beyond.errors.contains("3.png"), "\(beyond.errors)")
        #expect(!run.exists("b/open_clip_model.safetensors"))
    }

    @Test("One of several processes does not start, since each would write over the others' files")
    func severalProcesses() throws {
        let run = try TinyRun()
        let outcome = try EvaclipProcess.run(
            run.flags("out", []), shell: "export OMPI_COMM_WORLD_SIZE=2")
        #expect(outcome.code == 64, "\(outcome)")
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 1 && lines[0].contains("one of 2 processes"), "\(outcome.errors)")
        #expect(!run.exists("out"))
    }
}
