package import Torch

/// Runs `body` without keeping its activations; backward runs it again (Chen et al.,
/// arXiv 1604.06174).
///
/// Randomness in `body` must be drawn from named streams of the context, so that the second run
/// draws the same numbers. Gradients of parameters inside are added where they belong.
package func recomputed(_ x: Tensor, _ body: @escaping (Tensor) -> Tensor) -> Tensor {
    CustomGradient.record(inputs: [x]) {
        [body(x)]
    } backward: { gradients in
        guard let gradient = gradients[0] else { return [nil] }
        let input = x.detached()
        input.requiresGradient = true
        let output = withGradientRecording(true) { body(input) }
        try Tensor.backward([output], [gradient])
        return [input.gradient]
    }[0]
}
