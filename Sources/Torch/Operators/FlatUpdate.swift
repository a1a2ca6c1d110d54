/// One step of an optimizer over flat buffers, vectors of one layout.
///
/// On the CPU in fp32 it is one pass over memory, and a number is the same whatever the processor
/// and the number of threads.
package struct FlatUpdate {
    package let parameters: Tensor
    package let gradients: Tensor
    /// The decayed means of the gradients.
    package let firstMoments: Tensor
    /// The decayed means of the squared gradients; nil for a rule without them.
    package let secondMoments: Tensor?
    /// The tensors in the buffers, in order; what lies between them stays as it is.
    package let segments: [Range<Int>]
    /// The learning rate of each segment.
    package let rates: [Double]
    /// The weight decay of each segment.
    package let decays: [Double]

    package init(
        parameters: Tensor, gradients: Tensor, firstMoments: Tensor, secondMoments: Tensor?,
        segments: [Range<Int>], rates: [Double], decays: [Double]
    ) {
        self.parameters = parameters
        self.gradients = gradients
        self.firstMoments = firstMoments
        self.secondMoments = secondMoments
        self.segments = segments
        self.rates = rates
        self.decays = decays
    }

    /// AdamW: `w -= rate * decay * w`, then `w -= rate * m' / (sqrt(v') + epsilon)`.
    ///
    /// - Parameter step: the number of this step, from 1.
    package func adamW(beta1: Double, beta2: Double, epsilon: Double, step: Int) {
        run(.adamW, [.double(beta1), .double(beta2), .double(epsilon), .int(step)])
    }

    /// LAMB: `w -= rate * r * (m' / (sqrt(v') + epsilon) + decay * w)` with the trust ratio r of
    /// each decayed segment.
    ///
    /// - Parameter step: the number of this step, from 1.
    package func lamb(beta1: Double, beta2: Double, epsilon: Double, step: Int) {
        run(.lamb, [.double(beta1), .double(beta2), .double(epsilon), .int(step)])
    }

    /// LAMB's first half: moves the moments.
    ///
    /// - Returns: the sums of the squares of each segment's weights and updates, `[2, segments]`.
    package func lambMoments(beta1: Double, beta2: Double, epsilon: Double, step: Int) -> Tensor {
        guard let secondMoments else { fatalError("LAMB needs second moments") }
        return Operator.lambMoments(
            .tensor(parameters), .tensor(gradients), .tensor(firstMoments), .tensor(secondMoments),
            bounds, .doubles(decays), .double(beta1), .double(beta2), .double(epsilon), .int(step))
    }

    /// LAMB's second half: moves the weights.
    ///
    /// - Parameter sums: what `lambMoments` gives, for whole tensors.
    package func lambWeights(
        sums: Tensor, beta1: Double, beta2: Double, epsilon: Double, step: Int
    ) {
        guard let secondMoments else { fatalError("LAMB needs second moments") }
        Operator.lambWeights.run(
            .tensor(parameters), .tensor(firstMoments), .tensor(secondMoments), .tensor(sums),
            bounds, .doubles(rates), .doubles(decays), .double(beta1), .double(beta2),
            .double(epsilon), .int(step))
    }

    /// Lion: `w -= rate * (sign(beta1 * m + (1 - beta1) * g) + decay * w)`.
    package func lion(beta1: Double, beta2: Double) {
        run(.lion, [.double(beta1), .double(beta2)])
    }

    private func run(_ operation: Operator, _ settings: [OperatorArgument]) {
        let buffers = [parameters, gradients, firstMoments] + (secondMoments.map { [$0] } ?? [])
        operation.run(
            buffers.map(OperatorArgument.tensor) + [
                bounds, .doubles(rates), .doubles(decays),
            ] + settings)
    }

    private var bounds: OperatorArgument {
        .ints(segments.flatMap { [$0.lowerBound, $0.upperBound] })
    }
}
