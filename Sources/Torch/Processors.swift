internal import Foundation

/// How many threads this process can run at once.
package enum Processors {
    package static let available = ProcessInfo.processInfo.activeProcessorCount
}
