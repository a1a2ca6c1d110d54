package import Torch

// The collectives as they are called.
extension ProcessGroup {
    /// Begins to replace `tensor` on every rank by the sum over the ranks.
    ///
    /// - Precision: tensors of 16 bits are summed in fp32 and rounded once.
    package func startSum(inPlace tensor: Tensor) throws -> PendingCollective {
        guard size > 1 else { return PendingCollective() }
        let staged = withoutGradient { tensor.stagedForSum() }
        let pending = try start(.sum(staged))
        guard staged !== tensor else { return pending }
        return pending.then { withoutGradient { tensor.copy(from: staged) } }
    }

    /// Replaces `tensor` on every rank by the sum over the ranks.
    package func sum(inPlace tensor: Tensor) throws {
        try startSum(inPlace: tensor).wait()
    }

    /// The ranks' tensors of equal shape laid end to end along the first dimension, by rank; the
    /// tensor itself in a group of one.
    package func gather(_ tensor: Tensor) throws -> Tensor {
        guard size > 1 else { return tensor }
        let part = withoutGradient { tensor.contiguous() }
        let whole = Tensor.empty(
            [part.shape[0] * size] + part.shape.dropFirst(), dtype: part.dtype,
            device: part.device)
        try start(.gather(part, into: whole)).wait()
        return whole
    }

    /// The ranks' tensors summed, of which this rank keeps its slice of the first dimension;
    /// the tensor itself in a group of one.
    ///
    /// - Precision: as `startSum`.
    package func sumScatter(_ tensor: Tensor) throws -> Tensor {
        guard size > 1 else { return tensor }
        guard tensor.shape[0] % size == 0 else {
            fatalError("sumScatter of \(tensor): \(size) ranks do not divide the first dimension")
        }
        let staged = withoutGradient { tensor.stagedForSum() }
        let slice = Tensor.empty(
            [staged.shape[0] / size] + staged.shape.dropFirst(), dtype: staged.dtype,
            device: staged.device)
        try start(.sumScatter(staged, into: slice)).wait()
        return withoutGradient { slice.cast(to: tensor.dtype) }
    }

    /// Replaces `tensor` on every rank by that of one.
    package func broadcast(inPlace tensor: Tensor, from root: Int = 0) throws {
        guard size > 1 else { return }
        let staged = withoutGradient { tensor.contiguous() }
        try start(.broadcast(staged, from: root)).wait()
        if staged !== tensor { withoutGradient { tensor.copy(from: staged) } }
    }

    /// Waits until every rank is here.
    package func barrier() throws {
        try start(.barrier).wait()
    }

    package func start(together messages: [Collective]) throws -> PendingCollective {
        let pending = try messages.map(start)
        return PendingCollective { for message in pending { try message.wait() } }
    }

    /// Begins to send `tensor` to one rank and to take what another sends, of the same shape.
    ///
    /// - Returns: what arrives, not to be read before `pending` was waited for.
    package func startExchange(_ tensor: Tensor, to target: Int, from source: Int) throws -> (
        received: Tensor, pending: PendingCollective
    ) {
        let sent = withoutGradient { tensor.contiguous() }
        let received = Tensor.empty(sent.shape, dtype: sent.dtype, device: sent.device)
        return (
            received,
            try start(together: [.receive(received, from: source), .send(sent, to: target)])
        )
    }

    /// Sends `tensor` to one rank and takes what another sends, of the same shape.
    package func exchange(_ tensor: Tensor, to target: Int, from source: Int) throws -> Tensor {
        let (received, pending) = try startExchange(tensor, to: target, from: source)
        try pending.wait()
        return received
    }

    /// One number of each rank, by rank.
    package func gather(_ value: Int) throws -> [Int] {
        try gather(Tensor([Int64(value)], shape: [1])).integers()
    }
}

extension Tensor {
    /// The tensor itself where ranks can sum it as it is, otherwise a copy of which they can.
    fileprivate func stagedForSum() -> Tensor {
        switch dtype {
        case .float32, .int64: isContiguous ? self : contiguous()
        case .bfloat16, .float16: cast(to: .float32).contiguous()
        case .float64, .int32, .uint8, .bool:
            fatalError("ranks sum fp32, bf16, fp16 and int64, not \(self)")
        }
    }
}
