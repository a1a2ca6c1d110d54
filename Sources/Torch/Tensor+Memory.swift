internal import CTorch

// The memory behind tensors that are whole only while they are needed.
extension Tensor {
    /// Lets the memory go that lies behind this tensor and all its views; their shapes stay.
    ///
    /// None of them is read or written until `allocateMemory` was called. The tensor begins where
    /// its memory does and covers all of it.
    package func releaseMemory() {
        withExtendedLifetime(self) {
            TorchError.require(ct_storage_release(handle), "memory of \(self)")
        }
    }

    /// Gives the tensor and all its views memory again, whose content is arbitrary.
    ///
    /// - Throws: `TorchError` where there is not enough.
    package func allocateMemory() throws {
        try withExtendedLifetime(self) {
            try TorchError.check(
                ct_storage_allocate(handle, count * dtype.byteCount), "memory of \(self)")
        }
    }

    /// The same memory under a name whose changes autograd does not count.
    ///
    /// What backward has kept stays valid when the same elements are written again through it.
    package func uncountedAlias() -> Tensor {
        withoutGradient {
            let alias = Tensor.empty([0], dtype: dtype, device: device)
            Operator.shareMemory.run(.tensor(alias), .tensor(self))
            return alias
        }
    }
}
