extension Tensor {
    /// The matrix product.
    package func matmul(_ other: Tensor) -> Tensor {
        Operator.matmul(.tensor(self), .tensor(other))
    }

    /// `self @ weight.T + bias`.
    ///
    /// - Shape: `[..., I]` with weight `[O, I]` and bias `[O]` gives `[..., O]`.
    package func linear(weight: Tensor, bias: Tensor?) -> Tensor {
        Operator.linear(.tensor(self), .tensor(weight), .optional(bias))
    }

    /// Layer normalisation over the last dimension.
    package func layerNorm(weight: Tensor, bias: Tensor, epsilon: Double) -> Tensor {
        Operator.layerNorm(
            .tensor(self), .ints([weight.count]), .tensor(weight), .tensor(bias),
            .double(epsilon), .bool(false))
    }

    /// Rows of this table picked by indices.
    ///
    /// - Shape: table `[V, D]` with indices `[...]` gives `[..., D]`.
    package func embedding(_ indices: Tensor) -> Tensor {
        Operator.embedding(.tensor(self), .tensor(indices), .int(-1), .bool(false), .bool(false))
    }

    /// `softmax(q k^T / sqrt(E)) v`, each query seeing all keys or, if causal, those up to itself.
    ///
    /// - Shape: `q`, `k`, `v` `[B, H, N, E]` give `[B, H, N, E]`.
    /// - Precision: softmax statistics in fp32.
    package static func attention(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, isCausal: Bool
    ) -> Tensor {
        Operator.scaledDotProductAttention(
            .tensor(q), .tensor(k), .tensor(v), .none, .double(0), .bool(isCausal), .none,
            .bool(false))
    }
}
