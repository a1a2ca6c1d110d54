internal import CTorch
internal import CTorchMemory

/// What a device's allocator has handed out.
package struct DeviceMemory: Sendable, Equatable {
    /// Bytes in tensors now.
    package let liveBytes: Int
    /// The most bytes that were in tensors at once since `resetPeak`.
    package let peakBytes: Int
    /// Bytes taken from the system, or from the GPU.
    package let reservedBytes: Int

    /// Reads the allocator of a device; all zero on `meta`, and on a CPU whose memory is not kept
    /// between steps.
    package init(of device: Device) {
        var read = ct_device_memory()
        switch device.kind {
        case .cuda:
            TorchError.require(
                ct_cuda_memory(Int32(device.index), &read), "memory of \(device)")
        case .cpu:
            let kept = ct_allocator_read()
            read = ct_device_memory(
                live_bytes: kept.live_bytes, peak_bytes: kept.peak_bytes,
                reserved_bytes: kept.reserved_bytes)
        case .meta: break
        }
        liveBytes = Int(read.live_bytes)
        peakBytes = Int(read.peak_bytes)
        reservedBytes = Int(read.reserved_bytes)
    }

    /// Counts the peak of a device from what is in use now.
    package static func resetPeak(of device: Device) {
        switch device.kind {
        case .cuda:
            TorchError.require(ct_cuda_reset_peak(Int32(device.index)), "memory of \(device)")
        case .cpu: ct_allocator_reset_peak()
        case .meta: break
        }
    }
}
