import EVAConfiguration
import Foundation
import Testing

@Suite("Ranges of numbers")
struct FlagRangeTests {
    /// What strangers try: around zero, the edges of 32 and 64 bits, of single and double precision.
    private static let absurd =
        [
            "0", "1", "-1", "2147483647", "2147483648", "-2147483648", "9223372036854775807",
            "9223372036854775806", "9223372036854775808", "-9223372036854775808",
            "-9223372036854775809", "18446744073709551616", "1e39", "-1e39", "1e-39", "-1e-39",
            "1e308", "1e309", "4.9e-324", "inf", "-inf", "infinity", "nan", "-nan", "", "1e", "-",
            "0x7fffffffffffffff", "99999999999999999999999999999999999999999999999999",
        ]

    private static let numeric = FlagTable.all.filter { [.integer, .number].contains($0.type) }

    private static func text(_ body: () throws(UsageError) -> Void) -> String {
        do throws(UsageError) {
            try body()
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "Every numeric flag that acts has a range, which holds its default and stands in its help")
    func coverage() {
        for flag in Self.numeric {
            if case .noEffect = flag.effect { continue }
            guard let range = flag.range else {
                Issue.record("--\(flag.name): give its definition a range")
                continue
            }
            switch flag.defaultValue {
            case .integer(let value): #expect(range.contains(value), "--\(flag.name)")
            case .number(let value): #expect(range.contains(value), "--\(flag.name)")
            default: break
            }
            #expect(flag.fullHelp.contains(range.words), "--\(flag.name)")
            #expect(!range.contains(.nan) && !range.contains(.infinity) && !range.contains(Int.max))
            #expect(!range.contains(1e39) && !range.contains(-1e39) && !range.contains(Int.min))
        }
    }

    @Test("Ranges are told in plain words")
    func words() {
        #expect(FlagRange.from(0, to: 1).words == "from 0 to 1")
        #expect(FlagRange.from(-1, below: 0.5).words == "from -1 to below 0.5")
        #expect(FlagRange.above(0, to: 1e12).words == "above 0, at most 1000000000000")
        #expect(!FlagRange.above(0, to: 1).contains(0.0) && FlagRange.above(0, to: 1).contains(1))
        #expect(!FlagRange.from(0, below: 1).contains(1) && FlagRange.from(0, below: 1).contains(0))
    }

    @Test(
        "No number that a flag is given ends the program: it is taken, or refused with the range",
        arguments: FlagVerb.allCases)
    func absurdFlags(verb: FlagVerb) throws {
        let base = try #require(FlagExample.base[verb]).split(separator: " ").map(String.init)
        // What makes further flags count, so that they are resolved and validated too.
        let besides =
            verb == .train
            ? [
                [], ["--evaluation_strategy=steps", "--classification_eval=d", "--fp16"],
                ["--evaluation_strategy=epoch", "--classification_eval=d", "--max_steps=1000"],
                ["--lr_scheduler_type=constant_with_cooldown", "--max_steps=1000"],
            ] : [[], ["--linear_probe=p", "--retrieval_eval=r"]]
        for flag in Self.numeric where flag.scope.accepts(verb) {
            for text in Self.absurd {
                for beside in besides {
                    let message = Self.text { () throws(UsageError) in
                        let flags = try FlagParser.parse(
                            base + beside + ["--\(flag.name)=\(text)"], verb: verb)
                        switch verb {
                        case .train: _ = try TrainingConfiguration(flags: flags).warnings(of: flags)
                        case .eval:
                            _ = try EvaluationConfiguration(flags: flags).warnings(of: flags)
                        }
                    }
                    guard let range = flag.range else { continue }
                    let isTaken =
                        flag.type == .integer
                        ? NumberText.integer(text).map(range.contains)
                        : NumberText.number(text).map(range.contains)
                    let isRefused =
                        message.contains("--\(flag.name): expected ")
                        && message.contains(range.words)
                    #expect(isTaken == true || isRefused, "--\(flag.name) \(text): \(message)")
                }
            }
        }
    }

    @Test("Absurd words in lists of numbers are refused")
    func absurdLists() {
        for text in Self.absurd where text != "0" && text != "1" && text != "1e-39" {
            for flags in [
                ["--color_jitter", text], ["--color_jitter", "0.1", text, "0.1", "0.1"],
                ["--train_data_upsampling_factors=1::" + text],
            ] where !(text == "" && flags.count == 5 || text == "4.9e-324") {
                let message = Self.text { () throws(UsageError) in
                    _ = try TrainingConfiguration(
                        flags: FlagParser.parse(["--output_dir", "o"] + flags, verb: .train))
                }
                if text == "", flags.count == 2, flags[0] == "--color_jitter" { continue }
                #expect(message.contains("expected"), "\(flags)")
            }
        }
    }

    @Test("A run that a program makes, with any number in any place, is validated and never traps")
    func absurdValues() throws {
        var run = TrainingConfiguration(model: ModelSource(name: "m"), outputDirectory: "o")
        run.model.imageSize = 1
        run.model.patchSize = 1
        run.model.patchDropout = 0
        run.data.sampleCount = 1
        run.data.upsamplingFactors = [1]
        run.data.badSampleLimit = .count(1)
        run.optimization.epsilon = 0.1
        run.optimization.maxSteps = 10
        run.optimization.stopAfterSteps = 1
        run.optimization.emaDecay = 0.5
        run.checkpoints.everyMinutes = 1
        run.checkpoints.totalLimit = 1
        run.evaluation.schedule = .epochs(1)
        run.evaluation.tasks.classification = "c"
        run.evaluation.maxBatches = 1
        run.evaluation.minimumCount = 1
        run.distribution.shardingDegree = 1
        run.threadCount = 1
        #expect(run.validate(totalSteps: 10) == [])
        let document = String(decoding: try JSONEncoder().encode(run), as: UTF8.self)
        var count = 0
        for match in document.matches(of: /:(-?[0-9][0-9.e-]*)/) {
            for text in ["9223372036854775807", "-9223372036854775808", "1e308", "-1"] {
                var absurd = document
                absurd.replaceSubrange(match.range, with: ":" + text)
                guard
                    let other = try? JSONDecoder().decode(
                        TrainingConfiguration.self, from: Data(absurd.utf8))
                else { continue }
                #expect(other.validate() != [], "\(document[match.range]) -> \(text)")
                _ = other.validate(totalSteps: Int.max)
                count += 1
            }
        }
        #expect(count > 120)
    }
}
