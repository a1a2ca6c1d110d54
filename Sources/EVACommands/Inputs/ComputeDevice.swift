internal import EVAConfiguration
internal import Torch

/// Sets up the process for computing.
enum ComputeDevice {
    /// The device of that name; `auto` is a GPU where there is one, else the CPU.
    ///
    /// - Throws: `TorchError` when the device is unknown or absent; `UsageError` for more threads
    ///   than there are processors.
    ///
    /// - Parameters:
    ///   - name: as in the flags; `cuda` alone is a GPU of its own for each rank of a host.
    ///   - processors: how many this process is to use unless it is told.
    ///   - localRank: the process's number among those of the host.
    static func prepare(
        named name: String, threadCount: Int?, processors: Int = Processors.available,
        localRank: Int = 0
    ) throws -> Device {
        try ThreadLimits.check(threads: threadCount)
        Runtime.keepMemoryBetweenSteps()
        // OMP_NUM_THREADS may ask for fewer than there are.
        Runtime.threadCount = threadCount ?? min(Runtime.threadCount, processors)
        guard name == "auto" else {
            // What is wrong with the GPUs is said of the name that was given.
            let count = name == "cuda" && localRank > 0 ? try? CUDARuntime.load().gpus.count : nil
            return try Device(named: count.map { "cuda:\(localRank % max(1, $0))" } ?? name)
        }
        let (device, reason) = Device.automatic(localRank: localRank)
        if let reason { Console.note("computing on the CPU: \(reason)") }
        return device
    }
}
