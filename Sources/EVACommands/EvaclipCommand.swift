internal import ArgumentParser
internal import EVAConfiguration
internal import EVAData
internal import EVATensorFiles
internal import Foundation
internal import Torch

/// The command `evaclip`.
public enum EvaclipCommand {
    /// Runs the command with the words that this process was started with, and returns its exit
    /// status.
    ///
    /// Words that are no UTF-8 are refused: repaired, they would name other files.
    public static func run() -> Int32 {
        var arguments: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let word = CommandLine.unsafeArgv[index] else { break }
            guard let argument = String(validatingCString: word) else {
                Console.error(
                    "argument \(index), '\(String(cString: word))': is not UTF-8; expected names of "
                        + "files in UTF-8, rename the file")
                return ExitCode.validationFailure.rawValue
            }
            arguments.append(argument)
        }
        return run(arguments)
    }

    /// Runs the command and returns its exit status: 0 done, 64 usage, 1 failure, 130 and 143
    /// after an interrupt that was answered by a checkpoint.
    ///
    /// - Parameter arguments: the words after the command's name.
    public static func run(_ arguments: [String]) -> Int32 {
        // A file that grows beyond the limit of its size is then an error of the writing call.
        signal(SIGXFSZ, SIG_IGN)
        CrashNotice.install()
        MappingGuard.install()
        ReadRetry.tellOnce { Console.warning($0) }
        do {
            try refuseUnknownVerb(arguments)
            var command = try Root.parseAsRoot(ArgumentSpelling.normalized(arguments))
            try command.run()
        } catch let error as UsageError {
            Console.error(error.description, lines: true)
            return ExitCode.validationFailure.rawValue
        } catch let error as TorchError where error.kind == .memory {
            Console.error(
                "\(error); a smaller batch, smaller pictures or a 16-bit precision take less, and "
                    + "so does --recompute True in training")
            return ExitCode.failure.rawValue
        } catch {
            let code = Root.exitCode(for: error).rawValue
            guard code == 0 else {
                let message = Root.message(for: error)
                // The argument parser's own words have lines; what came of data has one.
                let isUsage = code == ExitCode.validationFailure.rawValue
                if !message.isEmpty { Console.error(message, lines: isUsage) }
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
            VerifyParallelCommand.self,
            PlanCommand.self,
        ]

        static let configuration = CommandConfiguration(
            commandName: "evaclip",
            abstract: "Trains EVA-CLIP image-text models, evaluates them and puts them to use.",
            version: version, subcommands: verbs)
    }

    /// The version of the program.
    static let version = "0.1.0"
}
