extension Tensor {
    package static func + (a: Tensor, b: Tensor) -> Tensor {
        Operator.add(.tensor(a), .tensor(b), .int(1))
    }

    package static func + (a: Tensor, b: Double) -> Tensor {
        Operator.addScalar(.tensor(a), .double(b), .int(1))
    }

    package static func - (a: Tensor, b: Tensor) -> Tensor {
        Operator.subtract(.tensor(a), .tensor(b), .int(1))
    }

    package static func - (a: Tensor, b: Double) -> Tensor { a + -b }

    package static func * (a: Tensor, b: Tensor) -> Tensor {
        Operator.multiply(.tensor(a), .tensor(b))
    }

    package static func * (a: Tensor, b: Double) -> Tensor {
        Operator.multiplyScalar(.tensor(a), .double(b))
    }

    package static func / (a: Tensor, b: Tensor) -> Tensor {
        Operator.divide(.tensor(a), .tensor(b))
    }

    package static func / (a: Tensor, b: Double) -> Tensor {
        Operator.divideScalar(.tensor(a), .double(b))
    }

    package static prefix func - (a: Tensor) -> Tensor { Operator.negate(.tensor(a)) }

    /// e to the power of each element.
    package func exp() -> Tensor { Operator.exp(.tensor(self)) }

    /// The natural logarithm of each element.
    package func log() -> Tensor { Operator.log(.tensor(self)) }

    /// `1 / sqrt(x)`.
    package func reciprocalSquareRoot() -> Tensor { Operator.reciprocalSquareRoot(.tensor(self)) }

    /// The exact (erf) Gaussian error linear unit.
    package func gelu() -> Tensor { Operator.gelu(.tensor(self), .string("none")) }

    /// `1 / (1 + exp(-x))`.
    package func sigmoid() -> Tensor { Operator.sigmoid(.tensor(self)) }

    /// `log(1 + exp(x))`, which is x itself above 20.
    package func softplus() -> Tensor {
        Operator.softplus(.tensor(self), .double(1), .double(20))
    }

    /// `x * sigmoid(x)`.
    package func silu() -> Tensor { Operator.silu(.tensor(self)) }

    /// Each element, but no less than `lower` and no more than `upper`.
    package func clamped(from lower: Double, to upper: Double? = nil) -> Tensor {
        Operator.clamp(.tensor(self), .double(lower), upper.map(OperatorArgument.double) ?? .none)
    }

    /// Clamps the elements where they lie.
    package func clamp(inPlace range: ClosedRange<Double>) {
        Operator.clampInPlace.run(
            .tensor(self), .double(range.lowerBound), .double(range.upperBound))
    }

    /// Adds `other` times `scale` to the elements where they lie.
    package func add(inPlace other: Tensor, scale: Double = 1) {
        Operator.addInPlace.run(.tensor(self), .tensor(other), .double(scale))
    }

    /// Multiplies the elements where they lie.
    package func multiply(inPlace factor: Double) {
        Operator.multiplyInPlace.run(.tensor(self), .double(factor))
    }

    /// Multiplies the elements where they lie by a tensor that broadcasts to their shape.
    package func multiply(inPlace factor: Tensor) {
        Operator.multiplyTensorInPlace.run(.tensor(self), .tensor(factor))
    }

    /// Sets every element to `value`.
    package func fill(_ value: Double) { Operator.fillInPlace.run(.tensor(self), .double(value)) }

    /// Overwrites the elements with those of `other`, whose dtype and device may differ.
    package func copy(from other: Tensor) {
        Operator.copyInPlace.run(.tensor(self), .tensor(other), .bool(false))
    }

    /// The same elements in another dtype; itself where the dtype is the same.
    package func cast(to dtype: DType) -> Tensor {
        dtype == self.dtype
            ? self
            : Operator.castTo(.tensor(self), .dtype(dtype), .bool(false), .bool(false), .none)
    }

    /// The same elements on another device; itself where the device is the same.
    package func moved(to device: Device) -> Tensor {
        device == self.device
            ? self
            : Operator.moveTo(
                .tensor(self), .device(device), .dtype(dtype), .bool(false), .bool(false), .none)
    }

    /// Where two tensors hold the same value.
    package func isEqual(to other: Tensor) -> Tensor {
        Operator.equal(.tensor(self), .tensor(other))
    }

    /// Where both of two boolean tensors are true.
    package func and(_ other: Tensor) -> Tensor {
        Operator.bitwiseAnd(.tensor(self), .tensor(other))
    }

    /// A boolean tensor turned round.
    package func not() -> Tensor { Operator.bitwiseNot(.tensor(self)) }

    /// This tensor with `value` wherever `mask` is true.
    package func filled(with value: Double, where mask: Tensor) -> Tensor {
        Operator.maskedFill(.tensor(self), .tensor(mask), .double(value))
    }

    /// Whether every element is finite, as a boolean scalar on the device.
    package func allFinite() -> Tensor {
        Operator.all(.tensor(Operator.isFinite(.tensor(self))))
    }
}
