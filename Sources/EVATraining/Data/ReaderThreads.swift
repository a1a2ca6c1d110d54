internal import EVAConfiguration
internal import Foundation

/// How many threads read data.
package enum ReaderThreads {
    private static let mostPerProcessor = 8
    // So many are no harm anywhere, and other programs' settings ask for them.
    private static let alwaysAllowed = 64

    /// The number that `--dataloader_num_workers` stands for: 0 leaves most cores to the computation.
    ///
    /// - Parameters:
    ///   - wanted: The flag's value.
    ///   - processors: How many this process may run on.
    /// - Throws: `UsageError` for more than the processors can do anything with.
    package static func count(
        _ wanted: Int, processors: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws -> Int {
        guard wanted > 0 else { return max(1, min(8, processors / 2)) }
        let most = max(alwaysAllowed, mostPerProcessor * processors)
        guard wanted <= most else {
            throw UsageError(
                "--dataloader_num_workers \(wanted): at most \(most) threads read data on the "
                    + "\(processors) processors of this process; 0 chooses a number")
        }
        return wanted
    }
}
