internal import Torch

/// Multinomial logistic regression with a penalty on the squares of its weights.
///
/// It minimises the sum over the samples of `-log softmax(x W + b)` at the sample's class, plus half
/// of `l2` times the sum of the squares of `W`. The bias is free. This is scikit-learn's
/// `LogisticRegression` with `C = 1 / l2`.
///
/// Shapes: N = samples, E = width of the features, C = classes.
struct LogisticRegression {
    /// The weights over the bias, `[E + 1, C]`, fp64.
    let parameters: Tensor
    let iterations: Int
    /// Whether the minimum was reached before the iterations, or the precision, ran out.
    let converged: Bool

    /// Elements of a tile of features and scores together, which bounds the memory.
    private static let tileElementLimit = 1 << 24

    /// Fits it to samples; the same samples give the same weights.
    ///
    /// - Parameters:
    ///   - samples: features and classes.
    ///   - classCount: the number of classes.
    ///   - l2: the strength of the penalty.
    ///   - start: parameters to begin at; nil for zeros.
    ///   - search: how the minimum is searched for.
    /// - Precision: fp64.
    init(
        _ samples: LabelledFeatures, classCount: Int, l2: Double, start: Tensor? = nil,
        search: LBFGS = LBFGS()
    ) {
        let (count, width) = (samples.labels.count, samples.features.shape[1])
        let labels = Tensor(samples.labels.map(Int64.init), shape: [count, 1]).moved(
            to: samples.features.device)
        let classes = labels.indices(classCount).unsqueezed(0)  // [1, C]
        let result = search.minimize(
            from: start
                ?? Tensor.full(
                    [width + 1, classCount], 0, dtype: .float64, device: samples.features.device)
        ) { parameters in
            let weights = parameters.sliced(0..<width, dimension: 0)
            var loss = (weights * weights).sum() * (l2 / 2)
            let gradient = Tensor.concatenated(
                [
                    weights * l2,
                    Tensor.full([1, classCount], 0, dtype: .float64, device: loss.device),
                ],
                dimension: 0)
            for rows in Self.tiles(count, width: width + classCount) {
                let x = samples.features.sliced(rows, dimension: 0).cast(to: .float64)  // [t, E]
                let logits = Self.logits(x, parameters)  // [t, C]
                let total = logits.logSumExp(dimension: 1).unsqueezed(1)  // [t, 1]
                let isOwn = labels.sliced(rows, dimension: 0).isEqual(to: classes).cast(
                    to: .float64)  // [t, C]
                loss = loss + total.sum() - (logits * isOwn).sum()
                let residual = (logits - total).exp() - isOwn  // [t, C]
                gradient.sliced(0..<width, dimension: 0).add(
                    inPlace: x.transposed(0, 1).matmul(residual))
                gradient.selected(width, dimension: 0).add(inPlace: residual.sum(dimension: 0))
            }
            // Per sample, so that one tolerance fits data of any size.
            return LBFGS.Evaluation(
                value: loss.item() / Double(count), gradient: gradient * (1 / Double(count)))
        }
        parameters = result.point
        iterations = result.iterations
        converged = result.converged
    }

    /// Counts how the classes of samples rank.
    ///
    /// - Throws: `EvaluationError` when a label names no class.
    func tally(_ samples: LabelledFeatures) throws(EvaluationError) -> ClassificationTally {
        let classCount = parameters.shape[1]
        var tally = ClassificationTally(classCount: classCount)
        let width = samples.features.shape[1]
        for rows in Self.tiles(samples.labels.count, width: width + classCount) {
            let x = samples.features.sliced(rows, dimension: 0).cast(to: .float64)
            try tally.add(Self.logits(x, parameters), labels: Array(samples.labels[rows]))
        }
        return tally
    }

    private static func logits(_ x: Tensor, _ parameters: Tensor) -> Tensor {
        let width = x.shape[1]
        return x.matmul(parameters.sliced(0..<width, dimension: 0))
            + parameters.selected(width, dimension: 0)
    }

    private static func tiles(_ count: Int, width: Int) -> [Range<Int>] {
        let height = max(1, tileElementLimit / width)
        return stride(from: 0, to: count, by: height).map { $0..<min($0 + height, count) }
    }
}
