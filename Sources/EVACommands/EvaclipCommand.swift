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
        do {
            var command = try Root.parseAsRoot(ArgumentSpelling.normalized(arguments))
            try command.run()
            return 0
        } catch let error as UsageError {
            Console.error(error.description)
            return ExitCode.validationFailure.rawValue
        } catch {
            let code = Root.exitCode(for: error).rawValue
            let message = Root.fullMessage(for: error)
            if code == 0 {
                print(message)
            } else if !message.isEmpty {
                Console.errorText(message)
            }
            return code
        }
    }

    struct Root: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "evaclip",
            abstract: "Trains EVA-CLIP image-text models, evaluates them and puts them to use.",
            version: version,
            subcommands: [
                TrainCommand.self, EvalCommand.self, EmbedCommand.self, ClassifyCommand.self,
                PreprocessCommand.self, TokenizeCommand.self, ModelsCommand.self,
                DemoCommand.self,
            ])
    }

    /// The version of the program.
    static let version = "0.1.0"
}
