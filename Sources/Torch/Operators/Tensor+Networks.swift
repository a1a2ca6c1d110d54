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
    ///
    /// - Precision: computed in fp32 with fp32 weight and bias, and rounded once to `dtype`.
    package func layerNorm(weight: Tensor, bias: Tensor, epsilon: Double, giving dtype: DType)
        -> Tensor
    {
        Operator.layerNorm(
            .tensor(self), .tensor(weight), .tensor(bias), .double(epsilon), .dtype(dtype))
    }

    /// Rows of this table picked by indices.
    ///
    /// - Shape: table `[V, D]` with indices `[...]` gives `[..., D]`.
    package func embedding(_ indices: Tensor) -> Tensor {
        Operator.embedding(.tensor(self), .tensor(indices), .int(-1), .bool(false), .bool(false))
    }

    /// Planes resized by cubic convolution (Keys), corners not aligned: with a = -0.5 and antialiasing,
    /// or with a = -0.75 and without.
    ///
    /// - Shape: `[B, C, H, W]` gives `[B, C, height, width]`.
    package func resizedBicubic(height: Int, width: Int, isAntialiased: Bool) -> Tensor {
        let resize: Operator = isAntialiased ? .resizeBicubicAntialiased : .resizeBicubic
        return resize(.tensor(self), .ints([height, width]), .bool(false), .none, .none)
    }

    /// The Moore-Penrose inverse of a matrix, by its singular values.
    ///
    /// - Shape: `[M, N]` gives `[N, M]`.
    package func pseudoInverse() -> Tensor {
        Operator.pseudoInverse(.tensor(self), .none, .none, .bool(false))
    }

    /// `softmax(q k^T / sqrt(E)) v`, each query seeing all keys or, if causal, those up to itself.
    ///
    /// - Shape: `q`, `k`, `v` `[B, H, N, E]` give `[B, H, N, E]`.
    /// - Precision: softmax statistics in fp32. A CPU without instructions for the dtype computes in
    ///   fp32 throughout; the result has the dtype of `q` in any case.
    package static func attention(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, isCausal: Bool
    ) -> Tensor {
        let dtype = q.dtype
        if q.device == .cpu,
            dtype == .float16
                || dtype == .bfloat16 && !CPUCapabilities.current.hasNativeBFloat16
        {
            return attention(
                q.cast(to: .float32), k.cast(to: .float32), v.cast(to: .float32), isCausal: isCausal
            ).cast(to: dtype)
        }
        return Operator.scaledDotProductAttention(
            .tensor(q), .tensor(k), .tensor(v), .none, .double(0), .bool(isCausal), .none,
            .bool(false))
    }
}
