internal import EVAConfiguration
internal import Torch

/// Sets up the process for computing.
enum ComputeDevice {
    /// The device of that name; `auto` is a GPU where there is one, else the CPU.
    ///
    /// - Throws: `TorchError` when the device is unknown or absent; `UsageError` for more threads
    ///   than there are processors.
    ///
    /// - Parameter processors: how many this process is to use unless it is told.
    static func prepare(
        named name: String, threadCount: Int?, processors: Int = Processors.available
    ) throws -> Device {
        try ThreadLimits.check(threads: threadCount)
        Runtime.keepMemoryBetweenSteps()
        // OMP_NUM_THREADS may ask for fewer than there are.
        Runtime.threadCount = threadCount ?? min(Runtime.threadCount, processors)
        guard name == "auto" else { return try Device(named: name) }
        let (device, reason) = Device.automatic()
        if let reason { Console.note("computing on the CPU: \(reason)") }
        return device
    }
}
