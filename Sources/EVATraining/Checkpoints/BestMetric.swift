internal import EVAConfiguration

/// The figure of an evaluation that tells which checkpoint of a run is best.
struct BestMetric: Sendable {
    /// A name out of `EvaluationEntry.figures`.
    let name: String
    private let greaterIsBetter: Bool

    /// The figure that a run goes by; nil where it looks for no best checkpoint.
    ///
    /// - Throws: `UsageError` when its evaluations have no such figure.
    init?(_ configuration: TrainingConfiguration) throws(UsageError) {
        guard let asked = configuration.checkpoints.bestMetric else { return nil }
        // The original looks for `eval_top1` when it is told `top1`, and users give either.
        name = asked.hasPrefix("eval_") ? String(asked.dropFirst("eval_".count)) : asked
        greaterIsBetter = configuration.checkpoints.greaterIsBetter
        let names = Self.names(configuration)
        guard names.contains(name) else {
            throw UsageError(
                "--metric_for_best_model \(asked): the evaluations of this run have no such figure"
                    + NearestName.hint(name, in: names)
                    + "; they have \(names.joined(separator: ", "))")
        }
    }

    /// The figure of an evaluation, where it is better than the best so far.
    ///
    /// - Throws: `TrainingError` for an evaluation without such a figure.
    func value(of entry: EvaluationEntry, betterThan best: Double?) throws -> Double? {
        guard let value = entry.figures[name] else {
            throw TrainingError(
                "--metric_for_best_model \(name): the evaluation has no such figure; it "
                    + "has \(entry.figures.keys.sorted().joined(separator: ", "))")
        }
        return isBetter(value, than: best) ? value : nil
    }

    /// Whether `value` is better than the best so far; one that is not finite never is.
    private func isBetter(_ value: Double, than best: Double?) -> Bool {
        guard value.isFinite, let best else { return value.isFinite }
        return greaterIsBetter ? value > best : value < best
    }

    /// The figures that a run's evaluations have.
    private static func names(_ configuration: TrainingConfiguration) -> [String] {
        var names: [String] = []
        if configuration.evaluation.tasks.classification != nil {
            names += ["top1", "top5", "acc1", "acc5", "mean_per_class_recall"]
        }
        if configuration.evaluation.tasks.retrieval != nil {
            names += ["image", "text"].flatMap { query in
                [1, 5, 10].map { "\(query)_retrieval_recall@\($0)" }
            }
        }
        return configuration.optimization.emaDecay == nil
            ? names : names + names.map { "ema_" + $0 }
    }
}
