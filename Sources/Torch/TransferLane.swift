internal import CTorch

/// A way to a GPU beside its stream of work: what goes by it goes on while the GPU computes.
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

    /// Makes the lane go on only when the GPU has computed what this thread has given it so far.
    ///
    /// - Returns: CUDA's handle of the lane's stream, for work that another library queues there.
    package func follow() throws(TorchError) -> UnsafeMutableRawPointer? {
        var stream: UnsafeMutableRawPointer?
        let message = withExtendedLifetime(self) { ct_lane_follow(lane, &stream) }
        try TorchError.check(message, "order of work")
        return stream
    }

    /// A place behind all that the lane was given so far.
    package final class Mark {
        private let mark: ct_mark

        fileprivate init(_ mark: ct_mark) {
            self.mark = mark
        }

        deinit {
            ct_mark_free(mark)
        }

        /// Whether the GPU has come there.
        ///
        /// - Throws: `TorchError` where the GPU failed.
        package func isReached() throws(TorchError) -> Bool {
            var isReached = false
            let message = withExtendedLifetime(self) { ct_mark_is_reached(mark, &isReached) }
            try TorchError.check(message, "work beside the GPU's")
            return isReached
        }
    }

    /// Marks the present end of what the lane was given.
    package func mark() throws(TorchError) -> Mark {
        var out: ct_mark?
        let message = withExtendedLifetime(self) { ct_lane_mark(lane, &out) }
        try TorchError.check(message, "mark in a transfer lane")
        guard let out else { fatalError("libtorch made no mark") }
        return Mark(out)
    }
}
