internal import Foundation

/// How much memory this process can use.
package enum MachineMemory {
    /// Bytes of the machine's memory, or of the control group's limit where that is less; nil where
    /// the system does not tell.
    package static let total: Int? = {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        let machine = pages > 0 && pageSize > 0 ? [pages * pageSize] : []
        return (machine + ControlGroup.own().memoryLimits).min()
    }()
}
