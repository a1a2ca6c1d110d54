internal import EVAConfiguration
internal import Foundation

// The best checkpoint of a run.
extension Trainer {
    /// Notes an evaluation of the present weights.
    ///
    /// - Returns: whether it is the best so far, so that the weights are to be kept.
    func noteBest(_ entry: EvaluationEntry) throws -> Bool {
        guard let bestMetric else { return false }
        guard let value = entry.figures[bestMetric.name] else {
            throw TrainingError(
                "--metric_for_best_model \(bestMetric.name): the evaluation has no such figure; it "
                    + "has \(entry.figures.keys.sorted().joined(separator: ", "))")
        }
        guard bestMetric.isBetter(value, than: state.best?.value) else { return false }
        state.best = TrainingState.Best(metric: bestMetric.name, value: value, step: state.step)
        return true
    }

    /// Forgets a best checkpoint that this run cannot measure itself by, and mends its link.
    func reviseBest() throws {
        if let best = state.best {
            let isKept = FileManager.default.fileExists(
                atPath: claim.checkpoints.path(step: best.step))
            if bestMetric.map({ $0.name != best.metric }) ?? false || !isKept { state.best = nil }
        }
        try claim.checkpoints.pointBest(to: state.best?.step)
    }

    /// Sets the weights to those of the best checkpoint; nothing where no evaluation was better
    /// than none.
    func loadBest() throws {
        guard let best = state.best else { return }
        let folder = claim.checkpoints.path(step: best.step)
        try claim.checkpoints.verify(folder, files: [Self.weightsFile])
        try loadModel(from: folder)
    }
}
