internal import ArgumentParser
internal import EVAConfiguration
internal import Foundation

/// The command `evaclip`.
public enum EvaclipCommand {
    /// Runs the command and returns its exit status: 0 done, 64 usage, 1 failure, 130 and 143
    /// after an interrupt that was answered by a checkpoint.
    ///
    /// - Parameter arguments: the words after the command's name.
    public static func run(_ arguments: [String]) -> Int32 {
        // A file that grows beyond the limit of its size is then an error of the writing call.
        signal(SIGXFSZ, SIG_IGN)
        do {
            try refuseUnknownVerb(arguments)
            var command = try Root.parseAsRoot(ArgumentSpelling.normalized(arguments))
            try command.run()
        } catch let error as UsageError {
            Console.error(error.description)
            return ExitCode.validationFailure.rawValue
        } catch {
            let code = Root.exitCode(for: error).rawValue
            guard code == 0 else {
                let message = Root.message(for: error)
                if !message.isEmpty { Console.error(message) }
                return code
            }
            print(Root.fullMessage(for: error))
        }
        guard fflush(nil) == 0 else {
            Console.error("standard output: cannot be written: \(String(cString: strerror(errno)))")
            return ExitCode.failure.rawValue
        }
        return 0
    }

    /// The argument parser would only say that an argument was not expected.
    private static func refuseUnknownVerb(_ arguments: [String]) throws {
        let verbs = Root.verbs.map { $0.configuration.commandName ?? "" } + ["help"]
        guard let verb = arguments.first, !verb.hasPrefix("-"), !verbs.contains(verb) else {
            return
        }
        throw UsageError(
            "unknown verb \"\(verb)\"\(NearestName.hint(verb, in: verbs)); "
                + "evaclip --help lists them")
    }

    struct Root: ParsableCommand {
        static let verbs: [any ParsableCommand.Type] = [
            TrainCommand.self, EvalCommand.self, EmbedCommand.self, ClassifyCommand.self,
            PreprocessCommand.self, TokenizeCommand.self, ModelsCommand.self, PullCommand.self,
            ReportCommand.self, BenchCommand.self, DemoCommand.self, DataCommand.self,
            ConvertCommand.self, VerifyCommand.self, AverageCommand.self, DoctorCommand.self,
        ]

        static let configuration = CommandConfiguration(
            commandName: "evaclip",
            abstract: "Trains EVA-CLIP image-text models, evaluates them and puts them to use.",
            version: version, subcommands: verbs)
    }

    /// The version of the program.
    static let version = "0.1.0"
}
