import EVAConfiguration
import Testing

@Suite("Reading flags")
struct FlagParserTests {
    private func train(_ arguments: String...) throws -> FlagValues {
        try FlagParser.parse(arguments, verb: .train)
    }

    @Test("Values follow a space or an equals sign, in either spelling of the name")
    func spellings() throws {
        for arguments in [
            ["--warmup_steps", "7"], ["--warmup_steps=7"], ["--warmup-steps", "7"],
            ["--warmup-steps=7"], ["--warmup", "7"],
        ] {
            #expect(try FlagParser.parse(arguments, verb: .train).integer("warmup_steps") == 7)
        }
        #expect(try train("--task_name=a=b").text("task_name") == "a=b")
    }

    @Test(
        "Booleans are read in all spellings",
        arguments: ["yes", "true", "t", "y", "1", "True", "TRUE", "Y"],
        ["no", "false", "f", "n", "0", "False", "FALSE", "N"])
    func booleans(yes: String, no: String) throws {
        #expect(try train("--bf16", yes).bool("bf16"))
        #expect(try train("--bf16=\(yes)").bool("bf16"))
        #expect(try !train("--tensorboard", no).bool("tensorboard"))
    }

    @Test("A bare boolean is true, before another flag and at the end")
    func bareBooleans() throws {
        let flags = try train("--bf16", "--local_loss")
        #expect(flags.bool("bf16") && flags.bool("local_loss") && !flags.bool("fp16"))
    }

    @Test("A boolean that is true by default has a --no_ form, others have none")
    func negation() throws {
        #expect(try !train("--no_shuffle").bool("shuffle"))
        #expect(try !train("--no-fuse-ln").bool("fuse_ln"))
        #expect(try train("--no_cuda").bool("no_cuda"))
        #expect(throws: UsageError.self) { _ = try train("--no_bf16") }
        #expect(throws: UsageError.self) { _ = try train("--no_shuffle=1") }
    }

    @Test("Negative numbers are values")
    func negativeNumbers() throws {
        #expect(try train("--max_steps", "-1").integer("max_steps") == -1)
        #expect(try train("--lr_end", "-.5").number("lr_end") == -0.5)
    }

    @Test("The last of several values counts")
    func repetition() throws {
        #expect(try train("--seed", "1", "--seed=2").integer("seed") == 2)
        #expect(try train("--report_to", "all", "--report_to=none").list("report_to") == ["none"])
    }

    @Test("Patterns of missing tensors add up")
    func repeatedPatterns() throws {
        let flags = try train("--allow_missing", "a.*", "b", "--allow-missing=c")
        #expect(flags.list("allow_missing") == ["a.*", "b", "c"])
    }

    @Test("Lists take one or more values")
    func lists() throws {
        let flags = try train("--sharding", "stage2", "offload", "--report_to=none")
        #expect(flags.list("sharding") == ["stage2", "offload"])
        #expect(flags.list("report_to") == ["none"])
        #expect(throws: UsageError.self) { _ = try train("--report_to", "--bf16") }
    }

    @Test("A unique prefix is a name, an ambiguous one is refused with its candidates")
    func prefixes() throws {
        #expect(try train("--classification", "x").text("classification_eval") == "x")
        #expect(errorText { _ = try train("--visual", "1") }.contains("--visual_lr, --visual_wd"))
    }

    @Test("Unknown flags are refused with the nearest name")
    func unknownFlags() {
        let text = errorText { _ = try train("--warmup_stpes", "5") }
        #expect(text.hasPrefix("unknown flag --warmup_stpes; did you mean \"warmup_steps\"?"))
    }

    @Test("A flag of the other verb is refused as such")
    func flagOfOtherVerb() {
        let text = errorText { _ = try FlagParser.parse(["--visual_lr", "1"], verb: .eval) }
        #expect(text.contains("no flag of eval"))
    }

    @Test("A backslash followed by a space is explained", arguments: [" ", "\\", "\n"])
    func strayBackslash(stray: String) {
        let text = errorText { _ = try train("--do_train", stray, "--model", "x") }
        #expect(text.contains("after \"--do_train\"") && text.contains("backslash"))
    }

    @Test("An empty value is a value")
    func emptyValue() throws {
        #expect(try train("--sharding", "").list("sharding") == [""])
    }

    @Test(
        "Words that are not values of their flag are refused with what is expected",
        arguments: [
            (["--seed", "x"], "--seed: expected an integer from 0 to 4294967295, got \"x\""),
            (["--seed", "1.5"], "--seed: expected an integer"), (["--seed"], "got nothing"),
            (["--visual_lr", "nan"], "expected a number"), (["--bf16", "maybe"], "true or false"),
            (["--optimizer", "sgd"], "one of lamb, adamw, lion"),
            (["stray"], "unexpected argument \"stray\""), (["-m", "x"], "two dashes"),
            (["--"], "unexpected argument"), (["--=3"], "unknown flag"),
            (["--seed", "99999999999999999999"], "expected an integer"),
        ])
    func badValues(arguments: [String], expected: String) {
        let text = errorText { _ = try FlagParser.parse(arguments, verb: .train) }
        #expect(text.contains(expected))
    }

    @Test("All problems are reported at once")
    func allProblems() {
        let text = errorText { _ = try train("--seed", "x", "--bf17", "--warmup", "y") }
        #expect(text.split(separator: "\n").count == 3)
    }

    @Test("Flags without effect warn, also those that do nothing under this verb")
    func warnings() throws {
        #expect(try train("--seed", "1").warnings == [])
        let text = try train("--tensor_fusion", "--weight_decay", "0.05").warnings
        #expect(text.count == 2 && text[0].hasPrefix("--tensor_fusion has no effect: "))
        let eval = try FlagParser.parse(["--save_steps", "5"], verb: .eval)
        #expect(eval.warnings == ["--save_steps has no effect: it concerns training only"])
    }

    @Test("Flags go before the file, the file before defaults")
    func precedence() throws {
        let file = try RunConfigurationFile.parse(
            "seed: 5\nwarmup-steps: 9 # steps\n", source: "run.yaml", verb: .train)
        let flags = try train("--seed", "6").over(file)
        #expect(flags.integer("seed") == 6 && flags.integer("warmup_steps") == 9)
        #expect(flags.integer("save_steps") == 500 && !flags.isGiven("save_steps"))
        #expect(flags.givenNames == ["seed", "warmup_steps"])
    }

    @Test(
        "Numbers are digits, and their other spellings are refused",
        arguments: [
            " 5", "5 ", "5.0", "1e3", "0x10", "1_000", "\u{663}", "\u{FF15}", "--5", "5-", "", "+",
        ])
    func numberSpellings(text: String) {
        let error = errorText { _ = try train("--seed=" + text) }
        #expect(error.hasPrefix("--seed: expected an integer from 0 to 4294967295, got "))
        #expect(error.contains("; write 1000") == (text == "1e3"))
        #expect(error.contains("; write 5") == (text == "5.0"))
    }

    @Test("Numbers with a point, an exponent or a sign are read as they always were")
    func numbers() throws {
        for (text, value) in [
            ("1e-3", 0.001), (".5", 0.5), ("1.", 1), ("+2", 2), ("007", 7), ("1E2", 100), ("-0", 0),
        ] {
            #expect(try train("--visual_lr", text).number("visual_lr") == value, "\(text)")
        }
        for text in ["0x1p3", " 1", "1_0", "inf", "nan", "1e400", "\u{661}", "1,5", ""] {
            #expect(
                errorText { _ = try train("--visual_lr=" + text) }.contains("expected a number"))
        }
        #expect(try train("--seed", "+5").integer("seed") == 5)
    }
}
