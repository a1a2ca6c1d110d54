internal import Foundation

/// How many threads read data.
package enum ReaderThreads {
    /// The number that `--dataloader_num_workers` stands for: 0 leaves most cores to the computation.
    package static func count(_ wanted: Int) -> Int {
        wanted > 0 ? wanted : max(1, min(8, ProcessInfo.processInfo.activeProcessorCount / 2))
    }
}
