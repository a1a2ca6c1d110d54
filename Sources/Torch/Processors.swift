internal import Foundation

/// The processors that this process may use.
package enum Processors {
    /// Their number, at least 1.
    package static var available: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}
