import EVAConfiguration
import Foundation
import Testing

@Suite("Files of flags")
struct RunConfigurationFileTests {
    private func read(_ text: String) throws -> FlagValues {
        try RunConfigurationFile.parse(text, source: "run.yaml", verb: .train)
    }

    @Test("A file of flags takes quotes, comments, lists and null")
    func file() throws {
        let flags = try read(
            """
            ---
            # A run.
            model: 'EVA02-CLIP-B-16'
            task_name: "a # b: c"
            sharding: [stage2, "offload"]
            report-to:
              - none
            bf16: yes
            seed: null
            image_size: ~
            logging_dir: "null"
            patch_size:
            """)
        #expect(flags.text("model") == "EVA02-CLIP-B-16")
        #expect(flags.text("task_name") == "a # b: c")
        #expect(flags.list("sharding") == ["stage2", "offload"])
        #expect(flags.list("report_to") == ["none"])
        #expect(flags.text("logging_dir") == "null")
        #expect(
            flags.givenNames
                == ["bf16", "logging_dir", "model", "report_to", "sharding", "task_name"])
    }

    @Test("Words of a list keep the commas and brackets in their quotes")
    func quotedLists() throws {
        let flags = try read("allow_missing: [\"a,b\", 'c, [d]', \"e\\\"f\", g]")
        #expect(flags.list("allow_missing") == ["a,b", "c, [d]", "e\"f", "g"])
    }

    @Test("The rest of YAML is read: folded texts, aliases of words, dashes and nothing at all")
    func yaml() throws {
        let flags = try read(
            """
            %YAML 1.1
            ---
            output_dir: >-
              a
              b
            labels: &l words.txt
            templates: *l
            ...
            """)
        #expect(flags.text("output_dir") == "a b" && flags.text("templates") == "words.txt")
        #expect(try read("\u{FEFF}seed: 1\r\nmodel: m\r\n").givenNames == ["model", "seed"])
        for nothing in ["", "# only this", "---", "null"] {
            #expect(try read(nothing).givenNames == [])
        }
    }

    @Test("Numbers are read as on the command line, whatever YAML would make of them")
    func numbers() throws {
        #expect(try read("visual_lr: 1e-3").number("visual_lr") == 0.001)
        #expect(try read("seed: \"7\"").integer("seed") == 7)
        for text in ["0x10", "1_000", "0o7", "1e3", "12:30:45", ".inf", "1.0"] {
            #expect(errorText { _ = try read("seed: \(text)") }.contains("expected an integer"))
        }
    }

    @Test("A file's problems are all listed by line")
    func problems() {
        let text = errorText {
            _ = try read(
                """
                sede: 1
                seed: x
                bf16: true
                batch-size: 1
                per_device_train_batch_size: 2
                loss: {a: 1}
                visual_lr: 1001
                ? [a]
                : 1
                report_to: [[a]]
                model: [a, b]
                """)
        }
        for line in [
            "line 1: unknown flag sede; did you mean \"seed\"?",
            "line 2: seed: expected an integer from 0 to 4294967295, got \"x\"",
            "line 5: per_device_train_batch_size is given twice",
            "line 6: loss: nested values are not taken",
            "line 7: visual_lr: expected a number from 0 to 1000, got \"1001\"",
            "line 8: expected the name of a flag", "line 10: report_to: nested values",
            "line 11: model: expected a text, got \"a\", \"b\"",
        ] {
            #expect(text.contains(line), "\(line): \(text)")
        }
    }

    @Test(
        "What is not YAML is refused with its line",
        arguments: [
            ("seed: 1\nmodel: \"a", "line 2"), ("seed: 1\nseed: 2", "line 1: not valid YAML: seed"),
            ("a: b: c", "line 1"), ("seed: 1\n\tmodel: a", "line 2"), ("seed: *none", "line 1"),
            ("seed: 1\n---\nseed: 2", "line 2"), ("allow_missing: *.weight", "line 1"),
            ("seed: \u{1}", "control characters"), ("- seed", "expected lines of the form"),
            ("seed", "expected lines of the form"), ("model: \"\\q\"", "line 1"),
        ])
    func broken(text: String, expected: String) {
        let error = errorText { _ = try read(text) }
        #expect(error.hasPrefix("run.yaml: ") && error.contains(expected), "\(error)")
        #expect(!error.contains("\n"), "\(error)")
    }

    @Test("Files made to take all time, memory or stack are refused at once")
    func hostile() {
        let clock = ContinuousClock()
        let time = clock.measure {
            var laughs = "a0: &a0 [l, l, l, l, l, l, l, l, l]\n"
            for level in 1...9 {
                let items = (0..<9).map { _ in "*a\(level - 1)" }.joined(separator: ", ")
                laughs += "a\(level): &a\(level) [\(items)]\n"
            }
            #expect(errorText { _ = try read(laughs + "? *a9\n: 1\n") }.contains("aliases"))
            let nested = String(repeating: "[", count: 100_000)
            #expect(errorText { _ = try read("report_to: \(nested)") }.contains("not valid YAML"))
            let indented = (0..<5_000).map { String(repeating: " ", count: $0 % 90) + "a:\n" }
            #expect(errorText { _ = try read(indented.joined()) } != "")
            let large = String(repeating: "#", count: 2 << 20)
            #expect(errorText { _ = try read(large) }.contains("larger than"))
        }
        #expect(time < .seconds(20))
    }

    @Test(
        "Texts of any characters survive being printed and read, byte for byte",
        arguments: [
            "a \"b\" 'c' # d: [e, f]\\n\\ \t\r\n- g \u{301}", "a,b", "x: y", "- a", "null", "~", "",
            " x ", "*a", "&a", "!a", "%a", "@a", "`a`", "|", ">", "?", "{}", "[]", "yes", "0x10",
            "1e3",
            "\u{85}\u{2028}\u{2029}\u{FEFF}\u{7F}\u{0}\u{1B}\u{A0}\u{FFFF}\u{10FFFF}",
            "caf\u{E9} cafe\u{301} \u{1F408}\u{200D}\u{2B1B}",
            String(repeating: "long ", count: 500),
        ])
    func texts(text: String) throws {
        let flags = try FlagParser.parse(
            ["--output_dir=" + text, "--allow_missing", text, "", text], verb: .train)
        let printed = RunConfigurationFile.text(of: flags)
        let read = try read(printed)
        func bytes(_ value: FlagValue?) -> [UInt8] { Array((value?.description ?? "-").utf8) }
        #expect(bytes(read["output_dir"]) == bytes(flags["output_dir"]))
        #expect(bytes(read["allow_missing"]) == bytes(flags["allow_missing"]))
        #expect(read.list("allow_missing").count == 3)
        #expect(RunConfigurationFile.text(of: read) == printed)
    }

    @Test(
        "Every flag of either verb survives with a value of its own", arguments: FlagVerb.allCases)
    func everyFlag(verb: FlagVerb) throws {
        for flag in FlagTable.definitions(for: verb)
        where flag.reasonForNoEffect(in: verb) == nil && flag.name != "run_config" {
            let word =
                switch flag.type {
                case .bool: flag.defaultValue == .bool(true) ? "false" : "true"
                case .integer: "1"
                case .number: flag.range?.contains(0.5) == true ? "0.5" : "2"
                case .string, .list: "a,b: 'c' \"d\""
                case .choice(let words): words.last ?? ""
                }
            let given = try FlagParser.parse(["--" + flag.name, word], verb: verb)
            let read = try RunConfigurationFile.parse(
                RunConfigurationFile.text(of: given), source: "printed", verb: verb)
            guard flag.name != "print_config" else { continue }
            #expect(read[flag.name] == given[flag.name], "--\(flag.name)")
        }
    }
}
