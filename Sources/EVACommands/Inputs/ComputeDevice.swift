internal import EVAConfiguration
internal import Torch

/// Sets up the process for computing.
enum ComputeDevice {
    /// The device of that name; `auto` is a GPU where there is one, else the CPU.
    ///
    /// - Throws: `TorchError` when the device is unknown or absent; `UsageError` for more threads
    ///   than there are processors.
    static func prepare(named name: String, threadCount: Int?) throws -> Device {
        try ThreadLimits.check(threads: threadCount)
        Runtime.keepMemoryBetweenSteps()
        // OMP_NUM_THREADS may ask for fewer than there are.
        Runtime.threadCount = threadCount ?? min(Runtime.threadCount, Processors.available)
        guard name == "auto" else { return try Device(named: name) }
        let (device, reason) = Device.automatic()
        if let reason { Console.note("computing on the CPU: \(reason)") }
        return device
    }
}
