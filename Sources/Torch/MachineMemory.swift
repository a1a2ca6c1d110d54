internal import Foundation

/// How much memory this process can use.
package enum MachineMemory {
    /// Bytes of the machine's memory; nil where the system does not tell.
    package static let total: Int? = Int(ProcessInfo.processInfo.physicalMemory)
}
