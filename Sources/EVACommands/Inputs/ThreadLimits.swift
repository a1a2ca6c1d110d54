internal import EVAConfiguration
internal import EVATraining
internal import Torch

/// Keeps a command from starting more threads than the machine can bear.
///
/// Tens of thousands of threads are no slower run but a machine that does not answer any more.
enum ThreadLimits {
    /// - Parameters:
    ///   - threads: What `--threads` asks for.
    ///   - readers: What `--dataloader_num_workers` asks for; 0 for a number that fits.
    ///   - processors: How many processors this process may use.
    /// - Throws: `UsageError` with the most that are taken.
    static func check(
        threads: Int? = nil, readers: Int = 0, processors: Int = Processors.available
    ) throws(UsageError) {
        var problems: [String] = []
        func hold(_ flag: String, _ count: Int, to limit: Int, _ reason: String) {
            guard count > limit else { return }
            problems.append("--\(flag) \(count): expected at most \(limit), \(reason)")
        }
        hold("threads", threads ?? 1, to: processors, "the processors that this process may use")
        hold(
            "dataloader_num_workers", readers, to: ReaderThreads.most(on: processors),
            "as many as the \(processors) processors that this process may use can do anything with"
        )
        guard problems.isEmpty else { throw UsageError(problems) }
    }
}
