extension Tensor {
    /// A tensor whose elements are not set.
    ///
    /// - Parameter isPinned: whether a CPU tensor's memory is one that a GPU reads by itself; only
    ///   where a GPU is in use.
    package static func empty(
        _ shape: [Int], dtype: DType, device: Device, isPinned: Bool = false
    ) -> Tensor {
        Operator.empty(
            .ints(shape), .dtype(dtype), .none, .device(device), .bool(isPinned), .none)
    }

    /// A tensor filled with `value`.
    package static func full(
        _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device
    ) -> Tensor {
        Operator.full(
            .ints(shape), .double(value), .dtype(dtype), .none, .device(device), .bool(false))
    }

    /// A tensor of zeros with this one's shape, dtype and device.
    package func zerosLike() -> Tensor {
        Tensor.full(shape, 0, dtype: dtype, device: device)
    }

    /// The integers `0..<count` on this tensor's device.
    package func indices(_ count: Int) -> Tensor {
        Operator.arange(
            .int(0), .int(count), .int(1), .dtype(.int64), .none, .device(device), .bool(false))
    }
}
