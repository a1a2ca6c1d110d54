internal import CTorch

extension Tensor {
    /// Whether gradients are computed for this tensor.
    package var requiresGradient: Bool {
        get { withExtendedLifetime(self) { ct_tensor_requires_grad(handle) } }
        set {
            withExtendedLifetime(self) {
                TorchError.require(
                    ct_tensor_set_requires_grad(handle, newValue), "requires gradient: \(self)")
            }
        }
    }

    /// The gradient that the last backward passes left here; nil where none came.
    package var gradient: Tensor? {
        get {
            withExtendedLifetime(self) {
                var out: ct_tensor?
                TorchError.require(ct_tensor_grad(handle, &out), "gradient of \(self)")
                return out.map(Tensor.init(owning:))
            }
        }
        set {
            withExtendedLifetime((self, newValue)) {
                TorchError.require(
                    ct_tensor_set_grad(handle, newValue?.handle), "set gradient of \(self)")
            }
        }
    }

    /// Runs backward from this tensor, adding into the leaves' gradients.
    ///
    /// - Parameter gradient: the gradient of this tensor; may be left out for a scalar.
    package func backward(_ gradient: Tensor? = nil) {
        do {
            try Tensor.backward([self], [gradient])
        } catch {
            FailureScope.note(error)
        }
    }

    /// Runs backward from several tensors at once.
    ///
    /// - Throws: `TorchError` when the graph cannot be walked, with the reason; what the backward of
    ///   a `CustomGradient` threw.
    package static func backward(_ roots: [Tensor], _ gradients: [Tensor?]) throws {
        guard !FailureScope.hasFailed else { return }
        try withExtendedLifetime((roots, gradients)) {
            let rootHandles: [ct_tensor?] = roots.map(\.handle)
            let gradientHandles: [ct_tensor?] = gradients.map { $0?.handle }
            let message = ct_backward(rootHandles, gradientHandles, roots.count, false)
            if let error = ErrorRelay.shared.receive(message) {
                ct_free_message(message)
                throw error
            }
            try TorchError.check(message, "backward from \(roots)")
        }
    }
}

/// Runs `body` without recording a history for gradients.
package func withoutGradient<Result>(_ body: () throws -> Result) rethrows -> Result {
    try withGradientRecording(false, body)
}

/// Runs `body` with or without recording a history for gradients.
package func withGradientRecording<Result>(
    _ enabled: Bool, _ body: () throws -> Result
) rethrows -> Result {
    let before = ct_grad_enabled()
    ct_set_grad_enabled(enabled)
    defer { ct_set_grad_enabled(before) }
    return try body()
}

/// A function with a backward of its own in the graph.
package enum CustomGradient {
    /// Gives `outputs`, which `forward` makes without a history, a history of one step.
    ///
    /// - Parameters:
    ///   - inputs: the tensors that `backward` gives gradients for.
    ///   - forward: computes the outputs; nothing in it is recorded.
    ///   - backward: from one gradient per output (nil where none came), one per input (nil for
    ///     none). It runs when backward reaches the outputs, on the thread that does so.
    /// - Returns: the outputs.
    package static func record(
        inputs: [Tensor], forward: () -> [Tensor],
        backward: @escaping ([Tensor?]) throws -> [Tensor?]
    ) -> [Tensor] {
        let outputs = withoutGradient(forward)
        guard ct_grad_enabled() else { return outputs }
        let box = Unmanaged.passRetained(BackwardBox(backward))
        withExtendedLifetime((inputs, outputs)) {
            let inputHandles: [ct_tensor?] = inputs.map(\.handle)
            let outputHandles: [ct_tensor?] = outputs.map(\.handle)
            TorchError.require(
                ct_attach_history(
                    inputHandles, inputHandles.count, outputHandles, outputHandles.count,
                    runBackward, releaseBackward, box.toOpaque()),
                "history of \(outputs)")
        }
        return outputs
    }
}

private final class BackwardBox {
    let backward: ([Tensor?]) throws -> [Tensor?]

    init(_ backward: @escaping ([Tensor?]) throws -> [Tensor?]) {
        self.backward = backward
    }
}

private func runBackward(
    context: UnsafeMutableRawPointer?, outputGradients: UnsafePointer<ct_tensor?>?,
    outputCount: Int, inputGradients: UnsafeMutablePointer<ct_tensor?>?, inputCount: Int
) -> UnsafeMutablePointer<CChar>? {
    guard let context, let outputGradients, let inputGradients else { return nil }
    let box = Unmanaged<BackwardBox>.fromOpaque(context).takeUnretainedValue()
    do {
        // The gradients are borrowed: each gets a handle of its own for as long as Swift holds it.
        let gradients = (0..<outputCount).map { index in
            outputGradients[index].map { Tensor(sharing: $0) }
        }
        // The GPU's part of backward runs on threads of libtorch, outside of any scope.
        let results = try throwingTorchFailures { try box.backward(gradients) }
        guard results.count == inputCount else {
            throw TorchError("a backward gave \(results.count) gradients for \(inputCount) inputs")
        }
        for (index, result) in results.enumerated() {
            guard let result else { continue }
            inputGradients[index] = result.sharedHandle()
        }
        return nil
    } catch {
        return ErrorRelay.shared.send(error)
    }
}

private func releaseBackward(context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<BackwardBox>.fromOpaque(context).release()
}

extension Tensor {
    /// A second owner of the tensor behind a borrowed handle.
    fileprivate convenience init(sharing handle: ct_tensor) {
        self.init(owning: ct_tensor_share(handle))
    }

    /// A handle of its own for the same tensor, owned by whoever receives it.
    func sharedHandle() -> ct_tensor {
        withExtendedLifetime(self) { ct_tensor_share(handle) }
    }
}
