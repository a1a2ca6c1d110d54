internal import CTorch

// Elements in and out of host memory.
extension Tensor {
    /// A CPU tensor holding a copy of raw bytes.
    ///
    /// - Throws: `TorchError` when the byte count is not what shape and dtype ask for.
    package convenience init(
        bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType
    ) throws {
        var out: ct_tensor?
        let lengths = shape.map(Int64.init)
        try TorchError.check(
            ct_tensor_from_bytes(
                bytes.baseAddress, bytes.count, lengths, lengths.count, dtype.code, &out),
            "tensor from bytes")
        guard let out else { fatalError("libtorch made no tensor of shape \(shape)") }
        self.init(owning: out)
    }

    /// A CPU tensor holding `values`.
    package convenience init(_ values: [Float], shape: [Int]) {
        self.init(copying: values, shape: shape, dtype: .float32)
    }

    /// A CPU tensor holding `values`.
    package convenience init(_ values: [Int64], shape: [Int]) {
        self.init(copying: values, shape: shape, dtype: .int64)
    }

    /// A CPU tensor holding `values`.
    package convenience init(_ values: [Int32], shape: [Int]) {
        self.init(copying: values, shape: shape, dtype: .int32)
    }

    private convenience init<Element: BitwiseCopyable>(
        copying values: [Element], shape: [Int], dtype: DType
    ) {
        var out: ct_tensor?
        values.withUnsafeBytes { bytes in
            let lengths = shape.map(Int64.init)
            TorchError.require(
                ct_tensor_from_bytes(
                    bytes.baseAddress, bytes.count, lengths, lengths.count, dtype.code, &out),
                "tensor from \(values.count) values of \(dtype)")
        }
        // Where that failed from outside, a tensor without elements stands in.
        self.init(owning: out ?? Tensor.empty(shape, dtype: dtype, device: .meta).sharedHandle())
    }

    /// Calls `body` with the elements' bytes in row-major order.
    ///
    /// The tensor is detached, moved to the CPU and made contiguous first where it is not. Zeros
    /// are read where a `FailureScope` has failed.
    package func withHostBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let host = detached().moved(to: .cpu).contiguous()
        guard !FailureScope.hasFailed else {
            return try withZeros { try body(UnsafeRawBufferPointer($0)) }
        }
        return try withExtendedLifetime(host) {
            try body(
                UnsafeRawBufferPointer(
                    start: ct_tensor_data(host.handle), count: host.count * host.dtype.byteCount))
        }
    }

    /// Calls `body` with the bytes of a contiguous CPU tensor, to be written in place.
    package func withMutableHostBytes<Result>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        guard !FailureScope.hasFailed else { return try withZeros(body) }
        guard device == .cpu, isContiguous else {
            fatalError("withMutableHostBytes on \(self): needs a contiguous CPU tensor")
        }
        return try withExtendedLifetime(self) {
            try body(
                UnsafeMutableRawBufferPointer(
                    start: ct_tensor_data(handle), count: count * dtype.byteCount))
        }
    }

    /// Where the elements of a contiguous tensor lie on its device, as long as the tensor does; nil
    /// where it has none.
    package var memoryOnDevice: UnsafeMutableRawPointer? {
        guard isContiguous else { fatalError("memory of \(self): needs a contiguous tensor") }
        return withExtendedLifetime(self) { ct_tensor_data(handle) }
    }

    /// What stands in for the elements of a tensor that a failure has left without any.
    private func withZeros<Result>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let zeros = UnsafeMutableRawBufferPointer.allocate(
            byteCount: count * dtype.byteCount, alignment: 16)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        return try body(zeros)
    }

    /// The elements in row-major order as 32-bit floats.
    package func floats() -> [Float] {
        cast(to: .float32).withHostBytes { Array($0.bindMemory(to: Float.self)) }
    }

    /// The elements in row-major order as 64-bit integers.
    package func integers() -> [Int] {
        cast(to: .int64).withHostBytes { $0.bindMemory(to: Int64.self).map(Int.init) }
    }

    /// The only element, read back to the host.
    package func item() -> Double {
        let value = cast(to: .float64)
        guard value.count == 1 else { fatalError("item() on \(self): needs one element") }
        return value.withHostBytes { $0.load(as: Double.self) }
    }
}
