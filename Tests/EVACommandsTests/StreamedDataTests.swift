import EVAData
import EVAImaging
import EVATestSupport
import Foundation
import Testing

/// Training from the shell on LAION's part files, WebDataset shards and several data sets at once.
@Suite struct StreamedDataTests {
    /// A folder with small captioned pictures, and a model that reads words.
    struct Setup {
        let run: TinyRun
        let pictures: [Data]

        init() throws {
            run = try TinyRun()
            try run.folder.writeModel(vocabularySize: 49408, to: "words.json")
            let source = ShapesSource(split: .training, count: 12, imageSize: 32, seed: 3)
            pictures = try (0..<12).map { index in
                guard case .pixels(let image) = source.sample(at: index).picture else {
                    return Data()
                }
                return Data(try PNGEncoder.encode(image))
            }
        }

        func flags(_ name: String, _ more: [String]) -> [String] {
            run.flags(
                name,
                [
                    "--model", run.folder.file("words.json"), "--dataloader_num_workers", "2",
                    "--save_steps", "100", "--warmup_steps", "0",
                ] + more)
        }

        /// A line of a LAION part with its line feed.
        func line(_ number: Int) -> [UInt8] {
            let json = "{\"caption_en\": \"a picture of number \(number)\"}"
            return line(json: Array(json.utf8), picture: pictures[number % 12])
                + [UInt8(ascii: "\n")]
        }

        /// Runs a program of the system in the folder.
        func system(_ words: String...) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = words
            process.currentDirectoryURL = URL(fileURLWithPath: run.folder.file(""))
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "\(words)")
        }

        /// A line of a LAION part without its line feed.
        func line(json: [UInt8], picture: Data) -> [UInt8] {
            var line = Array("1\t2\t".utf8)
            line += json
            line += Array("\t4\t5\t".utf8)
            line += picture.base64EncodedData()
            return line
        }

        /// A header that promises a hundred million pixels.
        private var bomb: Data {
            var bytes = [UInt8](repeating: 0, count: 54)
            let size: [UInt8] = [40, 0, 0, 0, 0x10, 0x27, 0, 0, 0x10, 0x27, 0, 0, 1, 0, 24, 0]
            bytes.replaceSubrange(0..<2, with: "BM".utf8)
            bytes.replaceSubrange(14..<30, with: size)
            return Data(bytes)
        }

        /// A LAION list of a plain part with six faulty lines and of one that is packed.
        func writeList() throws -> String {
            let json = Array("{\"blip_caption_en\": \"x\"}".utf8)
            let small = try PNGEncoder.encode(
                Image(width: 3, height: 3, mode: .gray, pixels: [UInt8](repeating: 7, count: 9)))
            let chinese = Array("{\"caption_en\": \"".utf8) + [0xB9, 0xB7, 0x22, 0x7D]
            var lines: [[UInt8]] = [line(0).dropLast()]
            lines.append(Array("1\t2\t{}\t4\t5\t!!!!".utf8))
            lines.append(line(json: Array("{caption}".utf8), picture: pictures[1]))
            lines.append(line(2).dropLast())
            lines.append(line(json: json, picture: Data(small)))
            lines.append(line(json: json, picture: bomb))
            lines.append(line(json: chinese, picture: pictures[3]))
            lines.append([])
            lines.append(Array("1\t2\t3".utf8))
            lines.append(line(4).dropLast())
            try Data(lines.joined(separator: [UInt8(ascii: "\n")]))
                .write(to: URL(fileURLWithPath: run.folder.file("part-0.txt")))
            try Data((5..<12).map(line).joined())
                .write(to: URL(fileURLWithPath: run.folder.file("part-1")))
            try system("gzip", "part-1")
            return try run.folder.write("part-0.txt\npart-1.gz\n", to: "laion_list.txt")
        }

        /// WebDataset shards of six samples each, made by the system's tar.
        func writeShards() throws {
            for number in 0..<12 {
                try pictures[number].write(
                    to: URL(fileURLWithPath: run.folder.file("\(number + 100).png")))
                try run.folder.write("a picture of number \(number)", to: "\(number + 100).txt")
            }
            for shard in 0..<2 {
                let names = (0..<6).flatMap { number in
                    ["png", "txt"].map { "\(100 + 6 * shard + number).\($0)" }
                }
                try run.folder.write(names.joined(separator: "\n"), to: "names")
                try system("tar", "-cf", "0\(shard).tar", "-T", "names")
            }
        }
    }

    @Test("A LAION list trains on what can be read, lists the rest, and goes on from a checkpoint")
    func laion() throws {
        let setup = try Setup()
        let data = ["--task_name", try setup.writeList()]
        let run = setup.run
        let endless = try EvaclipProcess.run(setup.flags("none", data))
        #expect(
            endless.code == 64
                && endless.errors.contains("give the length of the run as --max_steps"))
        let whole = try EvaclipProcess.run(setup.flags("whole", data + ["--max_steps", "8"]))
        #expect(whole.code == 0, "\(whole.errors)")
        let faults = run.lines("whole/bad_samples.jsonl").sorted()
        for (record, reason) in [
            (1, "base64"), (2, "JSON"), (4, "at least 5"), (5, "10000 x 10000"), (7, "empty line"),
            (8, "3 columns"),
        ] {
            let line = faults.first { $0.contains("\"record\":\(record)}") }
            #expect(line?.contains(reason) == true, "\(record): \(faults)")
            #expect(line?.contains("part-0.txt\",") == true)
        }
        #expect(faults.count == 6)

        let part = try EvaclipProcess.run(
            setup.flags("cut", data + ["--max_steps", "8", "--stop_after_steps", "3"]))
        #expect(part.code == 0, "\(part.errors)")
        let rest = try EvaclipProcess.run(
            setup.flags(
                "cut",
                data + [
                    "--max_steps", "8", "--resume_from_checkpoint", "latest",
                    "--dataloader_num_workers", "1",
                ]))
        #expect(rest.code == 0, "\(rest.errors)")
        for file in ["open_clip_model.safetensors", "checkpoint-8/trainer_state.json"] {
            #expect(try run.bytes("cut/\(file)") == run.bytes("whole/\(file)"), "\(file)")
        }
        #expect(run.lines("cut/bad_samples.jsonl").sorted() == faults)
    }

    @Test("Shards train by epochs of a given size; one that is cut is listed")
    func shards() throws {
        let setup = try Setup()
        try setup.writeShards()
        let run = setup.run
        let pattern = ["--train_data", run.folder.file("0{0..1}.tar")]
        let outcome = try EvaclipProcess.run(
            setup.flags(
                "out",
                pattern + [
                    "--train_num_samples", "12", "--num_train_epochs", "2", "--save_strategy",
                    "epoch",
                ]))
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("2 shards"), "\(outcome.errors)")
        #expect(run.exists("out/checkpoint-3") && run.exists("out/checkpoint-6"))
        #expect(run.lines("out/bad_samples.jsonl").isEmpty)
        #expect(
            outcome.errors.contains("\nsamples: 24 read, 0 passed over, 0 missing\n"),
            "\(outcome.errors)")

        let whole = try run.bytes("00.tar")
        try whole.prefix(whole.count / 4).write(to: URL(fileURLWithPath: run.folder.file("00.tar")))
        let cut = try EvaclipProcess.run(setup.flags("cut", pattern + ["--max_steps", "4"]))
        #expect(cut.code == 0, "\(cut.errors)")
        let faults = run.lines("cut/bad_samples.jsonl")
        #expect(faults.count == 1 && faults[0].contains("cut short"), "\(faults)")
        #expect(faults.first?.contains("00.tar\",") == true)
        #expect(
            cut.errors.contains("samples: 16 read, 0 passed over, 5 missing\n"), "\(cut.errors)")
        #expect(
            cut.errors.contains("5 samples are missing of the 6 that shards beside it have"),
            "\(cut.errors)")
        let summary = try #require(
            try JSONSerialization.jsonObject(with: run.bytes("cut/data_summary.json"))
                as? [String: [String: Any]])
        #expect(summary["total"]?["missing"] as? Int == 5)
        #expect(summary["files"]?.count == 2)

        // More missing than is allowed ends the run, which says the same.
        let strict = try EvaclipProcess.run(
            setup.flags("strict", pattern + ["--max_steps", "4", "--max_bad_samples", "2"]))
        #expect(strict.code == 1 && strict.errors.contains("5 missing"), "\(strict.errors)")
    }

    @Test("More reader threads than the processors can feed are refused")
    func readerThreads() throws {
        let run = try TinyRun()
        try EvaclipProcess.expectFailure(
            run.flags("no", ["--dataloader_num_workers", "100000"]), code: 64,
            words: ["--dataloader_num_workers"])
    }

    @Test("Several data sets are read in the proportion of their factors")
    func mixture() throws {
        let setup = try Setup()
        try setup.writeShards()
        let run = setup.run
        try run.folder.write("{\"00.tar\": 6, \"01.tar\": 6}", to: "sizes.json")
        let shards = run.folder.file("0{0..1}.tar")
        let outcome = try EvaclipProcess.run(
            setup.flags(
                "out",
                [
                    "--train_data", "shapes::" + shards, "--train_num_samples", "24",
                    "--train_data_upsampling_factors", "0.5::1", "--num_train_epochs", "1",
                ]))
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("50.0 % from"), "\(outcome.errors)")
        #expect(outcome.errors.contains("6 steps"), "\(outcome.errors)")
        try EvaclipProcess.expectFailure(
            setup.flags("no", ["--train_data", shards, "--train_data_upsampling_factors", "1::x"]),
            code: 64, words: ["expected numbers divided by ::"])
        try EvaclipProcess.expectFailure(
            setup.flags("no", ["--train_data", "nowhere.tar"]), code: 1,
            words: ["nowhere.tar", "No such file"])
    }

    @Test("data check reads parts and shards to their ends and names what is broken")
    func check() throws {
        let setup = try Setup()
        let list = try setup.writeList()
        let found = try EvaclipProcess.run(["data", "check", list])
        #expect(found.code == 1, "\(found.errors)")
        #expect(found.output.contains("6 of 17 samples are broken"), "\(found.output)")
        #expect(found.output.contains("part-0.txt, record 1: "), "\(found.output)")

        try setup.writeShards()
        let shards = setup.run.folder.file("{00..01}.tar")
        let whole = try EvaclipProcess.succeed("data", "check", shards)
        #expect(whole.contains("12 samples were read; none is broken"), "\(whole)")
        let path = setup.run.folder.file("01.tar")
        try FileHandle(forWritingTo: URL(fileURLWithPath: path)).truncate(atOffset: 2000)
        let cut = try EvaclipProcess.run(["data", "check", "\(shards)::\(list)"])
        #expect(cut.code == 1 && cut.output.contains("01.tar, record "), "\(cut)")
    }
}
