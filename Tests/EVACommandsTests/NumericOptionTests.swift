import ArgumentParser
import EVAConfiguration
import EVATestSupport
import Testing

@testable import EVACommands

/// Numbers that no option means: every verb takes them or refuses them, and none traps.
@Suite struct NumericOptionTests {
    private static let absurd = [
        "0", "-1", "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "1e39", "-1e39", "1e-39", "inf", "nan", "", " 5", "0x10", "1_000",
    ]

    /// What each verb needs beside the option that is tried.
    private static let needed: [String: [String]] = [
        "embed": ["--model", "m", "--texts", "t", "--output", "o"],
        "classify": ["--model", "m", "--images", "x", "--labels", "a"],
        "preprocess": ["--images", "x", "--output", "o"], "bench": ["loss"], "demo": [],
        "doctor": [], "verify-parallel": [], "plan": [],
        "check": ["p"], "stats": ["p"], "convert": ["m", "o"], "verify": ["m"],
        "average": ["a", "b", "--output", "o"],
    ]

    /// An option of a verb.
    struct Place: Sendable, CustomStringConvertible {
        let verb: [String]
        let command: any ParsableCommand.Type
        let option: String
        let hasDefault: Bool

        /// What the verb's help says of the option, on one line.
        var help: String {
            let all = command.helpMessage(columns: 10_000)
            let name = "\n  --\(option.replacing("_", with: "-")) <"
            return String(all.split(separator: name).last?.split(separator: "\n  -").first ?? "")
        }

        var description: String { (verb + ["--" + option]).joined(separator: " ") }
    }

    /// Every option of one number, found by its type.
    static let places: [Place] = EvaclipCommand.Root.verbs.flatMap { verb in
        let below = verb.configuration.subcommands
        return below.isEmpty
            ? places(of: verb, after: [])
            : below.flatMap { places(of: $0, after: [name(of: verb)]) }
    }

    private static func name(of verb: any ParsableCommand.Type) -> String {
        verb.configuration.commandName ?? ""
    }

    private static func places(of verb: any ParsableCommand.Type, after before: [String]) -> [Place]
    {
        options(of: verb.init()).map { option, hasDefault in
            Place(
                verb: before + [name(of: verb)], command: verb, option: option,
                hasDefault: hasDefault)
        }
    }

    private static func options(of arguments: Any) -> [(String, hasDefault: Bool)] {
        Mirror(reflecting: arguments).children.flatMap { child -> [(String, hasDefault: Bool)] in
            if let group = child.value as? any AnyOptionGroup { return options(of: group.fresh) }
            let type = String(describing: Swift.type(of: child.value))
            let numbers = ["Int", "Optional<Int>", "Double", "Optional<Double>"]
            guard let label = child.label, numbers.contains(where: { type == "Option<\($0)>" })
            else { return [] }
            let name = label.dropFirst().reduce(into: "") { name, letter in
                name += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
            }
            return [(name, hasDefault: !type.contains("Optional"))]
        }
    }

    @Test("The options of one number are found")
    func found() {
        let names = Set(Self.places.map(\.description))
        for name in [
            "embed --batch_size", "classify --top", "bench --width", "demo --max_steps",
            "preprocess --image_size", "average --alpha", "data check --first",
            "data stats --dataloader_num_workers", "convert --threads", "verify --threads",
        ] {
            #expect(names.contains(name), "\(names)")
        }
    }

    @Test("A number is taken, or refused with the range that the help tells", arguments: places)
    func absurdNumbers(place: Place) throws {
        let verb = try #require(place.verb.last)
        let needed = try #require(Self.needed[verb], "say what \(verb) needs")
        let help = place.help
        let words = try #require(
            help.firstMatch(of: /Takes numbers (.*?)\.(?: \(|\n|$)/)?.1, "\(place): \(help)")
        #expect(help.contains("(default: ") == place.hasDefault, "\(help)")
        var refused = 0
        for text in Self.absurd {
            let name = place.option.replacing("_", with: "-")
            let arguments = needed + ["--\(name)=\(text)"]
            do {
                _ = try place.command.parseAsRoot(arguments)
            } catch {
                let message = place.command.message(for: error)
                refused += 1
                guard !text.isEmpty else {
                    #expect(message.hasPrefix("Missing value for"))
                    continue
                }
                #expect(message.contains("expected a"), "\(arguments): \(message)")
                #expect(message.contains(words), "\(arguments): \(message)")
            }
        }
        #expect(refused >= Self.absurd.count - 3)
    }

    @Test("More threads than processors are refused, and more readers than these can use")
    func threads() throws {
        try ThreadLimits.check(threads: 4, readers: 64, processors: 4)
        try ThreadLimits.check(processors: 1)
        let text = #expect(throws: UsageError.self) {
            try ThreadLimits.check(threads: 5, readers: 65, processors: 4)
        }
        #expect(
            text?.problems == [
                "--threads 5: expected at most 4, the processors that this process may use",
                "--dataloader_num_workers 65: expected at most 64, as many as the 4 processors that "
                    + "this process may use can do anything with",
            ])
    }

    @Test(
        "The command itself refuses absurd numbers with exit code 64 and a line",
        arguments: [
            ["train", "--output_dir", "o", "--visual_lr", "1e39"],
            ["train", "--output_dir", "o", "--scale_loss", "1e39", "--fp16"],
            ["train", "--output_dir", "o", "--warmup_steps", "9223372036854775807"],
            ["train", "--output_dir", "o", "--last_epoch", "9223372036854775807"],
            ["train", "--output_dir", "o", "--last_epoch", "-9223372036854775808"],
            ["train", "--output_dir", "o", "--save_minutes", "1e39"],
            ["train", "--output_dir", "o", "--threads", "100000"],
            ["train", "--output_dir", "o", "--threads", "1024"],
            ["train", "--output_dir", "o", "--dataloader_num_workers", "1024"],
            ["eval", "--classification_eval", "c", "--dataloader_num_workers", "100000"],
            ["eval", "--classification_eval", "c", "--threads", "1024"],
            [
                "eval", "--classification_eval", "c",
                "--per_device_eval_batch_size=9223372036854775807",
            ],
            [
                "embed", "--model", "m", "--texts", "t", "--output", "o", "--batch_size",
                "9223372036854775807",
            ],
            ["demo", "--threads", "100000"], ["demo", "--threads", "1024"],
            ["bench", "loss", "--batch_size", "2147483647"],
            ["convert", "m", "o", "--shard_size", "1e39GB"],
            ["average", "a", "b", "--output", "o", "--weights", "1e39,1"],
        ])
    func command(arguments: [String]) throws {
        try EvaclipProcess.expectFailure(arguments, code: 64, words: ["--"])
    }
}

/// A group of options that is looked into.
private protocol AnyOptionGroup {
    /// The group as it is before anything is parsed.
    var fresh: Any { get }
}

extension OptionGroup: AnyOptionGroup {
    var fresh: Any { Value() }
}
