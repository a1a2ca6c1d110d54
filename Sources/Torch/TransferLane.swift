internal import CTorch

/// A way to a GPU beside its stream of work: what goes by it arrives while the GPU computes.
package final class TransferLane {
    private let lane: ct_lane

    /// - Parameter device: a GPU.
    package init(to device: Device) {
        guard device.kind == .cuda else {
            fatalError("a transfer lane to \(device): only a GPU computes by itself")
        }
        var out: ct_lane?
        TorchError.require(ct_lane_create(device.code, &out), "transfer lane to \(device)")
        guard let out else { fatalError("libtorch made no transfer lane to \(device)") }
        lane = out
    }

    deinit {
        ct_lane_free(lane)
    }

    /// Starts to copy tensors.
    ///
    /// - Parameter sources: CPU tensors in pinned memory, which may be let go of at once.
    /// - Returns: the copies, not to be used before `join`.
    /// - Throws: `TorchError` where the GPU has no memory for them, or fails.
    package func copy(_ sources: [Tensor]) throws(TorchError) -> [Tensor] {
        var copies = [ct_tensor?](repeating: nil, count: sources.count)
        let message = withExtendedLifetime((self, sources)) {
            let handles: [ct_tensor?] = sources.map(\.handle)
            return ct_lane_copy(lane, handles, handles.count, &copies)
        }
        let tensors = copies.compactMap { $0 }.map(Tensor.init(owning:))
        try TorchError.check(message, "copy of \(sources)")
        return tensors
    }

    /// Makes what the GPU computes from now on wait until all copies have arrived.
    package func join(_ copies: [Tensor]) {
        withExtendedLifetime((self, copies)) {
            let handles: [ct_tensor?] = copies.map(\.handle)
            TorchError.require(ct_lane_join(lane, handles, handles.count), "arrival of \(copies)")
        }
    }
}
