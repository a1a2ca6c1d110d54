package import Torch

/// Runs `body` without keeping its activations; backward runs it again (Chen et al.,
/// arXiv 1604.06174).
///
/// Randomness in `body` must be drawn from named streams of the context, so that the second run
/// draws the same numbers. Gradients of parameters inside are added where they belong.
///
/// - Parameter parameters: those that `body` reads.
package func recomputed(
    _ x: Tensor, parameters: [Parameter], _ body: @escaping (Tensor) -> Tensor
) -> Tensor {
    let carriesGradient = x.requiresGradient
    // Where nothing learns, here or below, no activation is kept in the first place.
    guard carriesGradient || parameters.contains(where: \.isTrained) else { return body(x) }
    return CustomGradient.record(inputs: [x]) {
        [body(x)]
    } backward: { gradients in
        guard let gradient = gradients[0] else { return [nil] }
        let input = x.detached()
        input.requiresGradient = carriesGradient
        let output = withGradientRecording(true) { body(input) }
        try Tensor.backward([output], [gradient])
        return [input.gradient]
    }[0]
}
