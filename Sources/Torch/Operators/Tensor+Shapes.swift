extension Tensor {
    /// The same elements in another shape; one length may be -1.
    package func reshaped(_ shape: [Int]) -> Tensor {
        Operator.reshape(.tensor(self), .ints(shape))
    }

    /// Two dimensions exchanged.
    package func transposed(_ a: Int, _ b: Int) -> Tensor {
        Operator.transpose(.tensor(self), .int(a), .int(b))
    }

    /// The dimensions in another order.
    package func permuted(_ order: [Int]) -> Tensor {
        Operator.permute(.tensor(self), .ints(order))
    }

    /// Dimensions `first` to the last made one.
    package func flattened(from first: Int = 0) -> Tensor {
        Operator.flatten(.tensor(self), .int(first), .int(-1))
    }

    /// A dimension of length one put in at `dimension`.
    package func unsqueezed(_ dimension: Int) -> Tensor {
        Operator.unsqueeze(.tensor(self), .int(dimension))
    }

    /// Dimensions of length one repeated to `shape` without copying; -1 keeps a length.
    package func expanded(_ shape: [Int]) -> Tensor {
        Operator.expand(.tensor(self), .ints(shape), .bool(false))
    }

    /// The entries `range` of `dimension`.
    package func sliced(_ range: Range<Int>, dimension: Int) -> Tensor {
        Operator.narrow(
            .tensor(self), .int(dimension), .int(range.lowerBound), .int(range.count))
    }

    /// Entry `index` of `dimension`, which is dropped.
    package func selected(_ index: Int, dimension: Int) -> Tensor {
        Operator.select(.tensor(self), .int(dimension), .int(index))
    }

    /// Entries of `dimension` picked by a vector of indices.
    package func selected(indices: Tensor, dimension: Int) -> Tensor {
        Operator.indexSelect(.tensor(self), .int(dimension), .tensor(indices))
    }

    /// Elements picked along `dimension` by indices of the result's shape.
    package func gathered(indices: Tensor, dimension: Int) -> Tensor {
        Operator.gather(.tensor(self), .int(dimension), .tensor(indices), .bool(false))
    }

    /// The main diagonal of the last two dimensions.
    package func diagonal() -> Tensor {
        Operator.diagonal(.tensor(self), .int(0), .int(-2), .int(-1))
    }

    /// Tensors laid end to end along `dimension`.
    package static func concatenated(_ tensors: [Tensor], dimension: Int) -> Tensor {
        Operator.concatenate(.tensors(tensors), .int(dimension))
    }

    /// Tensors of one shape laid side by side in a new dimension.
    package static func stacked(_ tensors: [Tensor], dimension: Int) -> Tensor {
        Operator.stack(.tensors(tensors), .int(dimension))
    }

    /// The elements in row-major order without gaps; itself where they lie so already.
    package func contiguous() -> Tensor {
        isContiguous ? self : Operator.contiguous(.tensor(self), .int(0))
    }

    /// The same elements without a history.
    package func detached() -> Tensor { Operator.detach(.tensor(self)) }

    /// Pairs of the last dimension, whose length is 2, as complex numbers.
    package func asComplex() -> Tensor { Operator.viewAsComplex(.tensor(self)) }

    /// Complex numbers as pairs in a last dimension of length 2.
    package func asReal() -> Tensor { Operator.viewAsReal(.tensor(self)) }
}
