extension Tensor {
    /// The sum of all elements.
    package func sum() -> Tensor { Operator.sum(.tensor(self), .none) }

    /// The sum over one dimension, which is dropped.
    package func sum(dimension: Int) -> Tensor {
        Operator.sumDimensions(.tensor(self), .ints([dimension]), .bool(false), .none)
    }

    /// The mean of all elements.
    package func mean() -> Tensor { sum() / Double(count) }

    /// The mean over one dimension, which is dropped unless `keepsDimension`.
    package func mean(dimension: Int, keepsDimension: Bool = false) -> Tensor {
        Operator.mean(.tensor(self), .ints([dimension]), .bool(keepsDimension), .none)
    }

    /// The index of the first largest element along `dimension`, which is dropped.
    package func argmax(dimension: Int) -> Tensor {
        Operator.argmax(.tensor(self), .int(dimension), .bool(false))
    }

    /// The indices that sort along the last dimension, ascending.
    package func argsort() -> Tensor {
        Operator.argsort(.tensor(self), .int(-1), .bool(false))
    }

    /// The logarithm of the sum of exponentials along `dimension`, which is dropped.
    package func logSumExp(dimension: Int) -> Tensor {
        Operator.logSumExp(.tensor(self), .ints([dimension]), .bool(false))
    }

    /// The `count` largest of the last dimension, in falling order, and their indices.
    package func top(_ count: Int) -> (values: Tensor, indices: Tensor) {
        let results = Operator.topK.results(
            .tensor(self), .int(count), .int(-1), .bool(true), .bool(true))
        return (results[0], results[1])
    }

    /// The Euclidean norm along the last dimension, which stays with length one.
    package func norm() -> Tensor {
        Operator.vectorNorm(.tensor(self), .double(2), .ints([-1]), .bool(true), .none)
    }

    /// Each vector of the last dimension divided by its Euclidean norm.
    ///
    /// - Precision: computed in the tensor's dtype; the norm is taken as at least 1e-12.
    package func normalized() -> Tensor { self / norm().clamped(from: 1e-12) }
}
