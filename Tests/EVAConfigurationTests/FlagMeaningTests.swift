import EVAConfiguration
import Foundation
import Testing

/// What each flag does to the configuration of a run, and that the rest says that it does nothing.
@Suite struct FlagMeaningTests {
    /// The configuration of a command line as lines of the form `path.to.value = text`.
    private func settings(_ flags: FlagValues) throws -> Set<String> {
        let encoder = JSONEncoder()
        let data =
            switch flags.verb {
            case .train: try encoder.encode(TrainingConfiguration(flags: flags))
            case .eval: try encoder.encode(EvaluationConfiguration(flags: flags))
            }
        return Set(try JSONDecoder().decode(Lines.self, from: data).values)
    }

    /// The leaves of a JSON document with their key paths.
    private struct Lines: Decodable {
        let values: [String]

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { return nil }
        }

        init(from decoder: any Decoder) throws {
            guard let container = try? decoder.container(keyedBy: Key.self) else {
                let leaf = try decoder.singleValueContainer()
                if let value = try? leaf.decode(Bool.self) {
                    values = [" = \(value)"]
                } else if let value = try? leaf.decode(Double.self) {
                    values = [" = \(FlagValue.number(value))"]
                } else if let list = try? leaf.decode([Double].self) {
                    values = [" = \(list)"]
                } else if let list = try? leaf.decode([String].self) {
                    values = [" = \(list)"]
                } else {
                    values = [" = \(try leaf.decode(String.self))"]
                }
                return
            }
            values = try container.allKeys.flatMap { key in
                try container.decode(Lines.self, forKey: key).values.map { line in
                    key.stringValue + (line.hasPrefix(" ") ? "" : ".") + line
                }
            }
        }
    }

    private func expectMeaning(_ example: FlagExample, _ verb: FlagVerb) throws {
        let base = try #require(FlagExample.base[verb])
        let given = try FlagParser.parse(example.arguments(base), verb: verb)
        let without = try FlagParser.parse(example.neighbours(base), verb: verb)
        let (after, before) = (try settings(given), try settings(without))
        #expect(after.subtracting(before) == Set(example.changes))
    }

    @Test(
        "A flag of train changes what it is for, and nothing else", arguments: FlagExample.training)
    func training(example: FlagExample) throws { try expectMeaning(example, .train) }

    @Test(
        "A flag of eval changes what it is for, and nothing else", arguments: FlagExample.evaluation
    )
    func evaluation(example: FlagExample) throws { try expectMeaning(example, .eval) }

    @Test(
        "Every flag has an example here or warns that it does nothing", arguments: FlagVerb.allCases
    )
    func coverage(verb: FlagVerb) throws {
        let examples = Set(
            (verb == .train ? FlagExample.training : FlagExample.evaluation).map(\.flag))
        // A file, what prints the file, and degrees of which only 1 is taken.
        let degrees = ["pipeline_parallel_degree", "sep_parallel_degree"]
        let others = Set(["run_config", "print_config"] + (verb == .train ? degrees : []))
        for flag in FlagTable.definitions(for: verb) {
            let acts = flag.reasonForNoEffect(in: verb) == nil
            #expect(
                acts == (examples.contains(flag.name) || others.contains(flag.name)),
                "--\(flag.name): give it an example in FlagExample.swift, or a reason for no effect"
            )
        }
    }

    @Test(
        "A flag without effect warns, once and by name",
        arguments: FlagVerb.allCases.flatMap { verb in
            FlagTable.definitions(for: verb).filter { $0.reasonForNoEffect(in: verb) != nil }.map {
                (verb, $0.name)
            }
        })
    func withoutEffect(verb: FlagVerb, name: String) throws {
        let flag = try #require(FlagTable.definitions(for: verb).first { $0.name == name })
        let value =
            switch flag.type {
            case .choice(let words): words[0]
            case .number: flag.range?.contains(1) ?? true ? "1" : "0.5"
            default: "1"
            }
        let flags = try FlagParser.parse(["--" + name, value], verb: verb)
        #expect(flags.warnings.count == 1)
        #expect(flags.warnings.first?.hasPrefix("--\(name) has no effect: ") == true)
    }

    @Test(
        "What --print_config prints is the same run as --run_config",
        arguments: FlagExample.training)
    func printed(example: FlagExample) throws {
        let base = try #require(FlagExample.base[.train])
        let flags = try FlagParser.parse(
            example.arguments(base) + ["--tensor_fusion", "--print_config"], verb: .train)
        let text = RunConfigurationFile.text(of: flags)
        let read = try RunConfigurationFile.parse(text, source: "printed", verb: .train)
        #expect(try TrainingConfiguration(flags: read) == TrainingConfiguration(flags: flags))
        #expect(read.warnings == [] && !read.bool("print_config"))
        #expect(RunConfigurationFile.text(of: read) == text)
    }
}
