import EVACommands
import Foundation

exit(EvaclipCommand.run(Array(CommandLine.arguments.dropFirst())))
