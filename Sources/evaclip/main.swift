import EVACommands
import Foundation

exit(EvaclipCommand.run())
