internal import EVAConfiguration
internal import Torch

/// How many threads read data.
package enum ReaderThreads {
    /// The most readers that are any use on so many processors.
    ///
    /// Readers wait for the disk much of their time, so several share a processor. Up to 64 are no
    /// harm anywhere, and other programs' settings ask for them.
    package static func most(on processors: Int) -> Int { max(64, 8 * processors) }

    /// The number that `--dataloader_num_workers` stands for: 0 leaves most cores to the computation.
    ///
    /// - Parameters:
    ///   - wanted: The flag's value.
    ///   - processors: How many this process may run on.
    /// - Throws: `UsageError` for more than the processors can do anything with.
    package static func count(_ wanted: Int, processors: Int? = nil) throws -> Int {
        let processors = processors ?? Processors.available
        guard wanted > 0 else { return max(1, min(8, processors / 2)) }
        let most = most(on: processors)
        guard wanted <= most else {
            throw UsageError(
                "--dataloader_num_workers \(wanted): at most \(most) threads read data on the "
                    + "\(processors) processors of this process; 0 chooses a number")
        }
        return wanted
    }
}
