internal import CThreads
internal import CTorch
internal import CTorchMemory

/// What holds for the whole process: libtorch's version, threads and memory.
package enum Runtime {
    /// The version of libtorch in use.
    package static var version: String { String(cString: ct_version()) }

    /// The number of threads that one operator may use.
    package static var threadCount: Int {
        get { Int(ct_thread_count()) }
        set { ct_set_thread_count(Int32(newValue)) }
    }

    /// Parallel pieces of operators that have run on this program's own threads since it started.
    ///
    /// It stays 0 where libtorch is divided by another OpenMP than libgomp, whose calls are not
    /// taken over.
    package static var parallelRegionCount: Int { Int(cth_region_count()) }

    /// Keeps the memory of CPU tensors from one step to the next instead of giving it back, and
    /// refuses more than the machine has.
    ///
    /// Call it once, before the first tensor is made.
    package static func keepMemoryBetweenSteps() {
        ct_allocator_install(UInt64(MachineMemory.total.bytes))
    }

    /// Waits until a device has done all that it was given; a CPU always has.
    package static func synchronize(_ device: Device) {
        guard device.kind == .cuda else { return }
        TorchError.require(ct_cuda_synchronize(Int32(device.index)), "work on \(device)")
    }

    /// What the keeping allocator has handed out; all zero when it is not in use.
    package struct MemoryStatistics: Sendable {
        /// Bytes in tensors now.
        package let liveBytes: Int
        /// The most bytes that were in tensors at once.
        package let peakBytes: Int
        /// Bytes of address space taken from the system.
        package let reservedBytes: Int
        /// Large blocks handed out so far.
        package let allocationCount: Int
    }

    /// Reads the allocator's counters.
    package static var memory: MemoryStatistics {
        let read = ct_allocator_read()
        return MemoryStatistics(
            liveBytes: Int(read.live_bytes), peakBytes: Int(read.peak_bytes),
            reservedBytes: Int(read.reserved_bytes), allocationCount: Int(read.allocation_count))
    }
}
