package import EVAConfiguration
internal import Torch

/// An estimate of what a training step needs in memory at its peak, in bytes.
///
/// Counted from what every operator keeps for backward; the tests hold it against what the
/// allocator measured.
package struct TrainingMemory: Sendable {
    /// The weights, their 16-bit copies and their average.
    package let weights: Double
    /// The optimizer's moments.
    package let moments: Double
    /// Gradients, activations and what passes, at the moment when they are most together.
    package let step: Double
    /// Batches that wait in the host's memory.
    package let batches: Double

    /// The copy of the state that is written while training goes on; 0 where none is made.
    package private(set) var checkpoint: Double

    /// What is in tensors.
    package var tensors: Double { weights + moments + step }

    /// All of it.
    package var total: Double { tensors + batches + checkpoint }

    // A tile's logits, what they become, and the mask of duplicates.
    private static let tileCopies = 4.0
    private static let batchesAhead = 3.0

    /// - Parameters:
    ///   - configuration: the run.
    ///   - model: the network.
    ///   - plan: the batches of a step.
    ///   - textLength: tokens of the longest text, which the context's length bounds.
    package init(
        _ configuration: TrainingConfiguration, model: ModelConfiguration, plan: StepPlan,
        textLength: Int? = nil
    ) {
        let batchSize = Double(configuration.data.batchSize)
        let optimization = configuration.optimization
        let precision = configuration.precision
        let vision = TowerMemory.vision(
            model, batchSize: batchSize,
            trainedShare: Self.trainedShare(optimization.visual, model.vision.layerCount),
            precision: precision)
        let text = TowerMemory.text(
            model, batchSize: batchSize, length: textLength ?? model.text.contextLength,
            trainedShare: Self.trainedShare(optimization.text, model.text.layerCount),
            precision: precision)
        let parameters = Double(model.parameterCount)
        let gradients = vision.gradients + text.gradients
        weights =
            4 * parameters + (precision.compute == .float32 ? 0 : 2 * parameters)
            + (optimization.emaDecay == nil ? 0 : gradients)
        moments = gradients * (optimization.optimizer == .lion ? 1 : 2)

        let settings = configuration.checkpoints
        checkpoint =
            settings.strategy == .none && settings.everyMinutes == nil
            ? 0
            : 4 * parameters + (optimization.emaDecay == nil ? 0 : gradients)
                + (settings.savesWeightsOnly ? 0 : self.moments)

        let images = 4 * batchSize * Double(3 * model.vision.imageSize * model.vision.imageSize)
        let together = batchSize * Double(plan.batchesPerLoss)
        let features = 4 * together * Double(model.embedWidth) * 10
        let tile = max(together, min(together * together, Double(1 << 23))) * 4 * Self.tileCopies
        let isAccumulated = plan.batchesPerStep > 1
        // Backward passes the text tower first, whose gradients then stand beside what the vision
        // tower keeps; several passes stand beside the gradients of those before.
        let before = isAccumulated ? gradients : 0
        let moments = [
            before + vision.kept + text.kept + max(text.passing, tile),
            before + vision.kept + (isAccumulated ? 0 : text.gradients) + vision.passing,
            gradients + min(gradients, Self.largestUnit(model)),
        ]
        step = images + features + (moments.max() ?? 0)
        batches = images * (Self.batchesAhead + Double(plan.batchesPerLoss))
    }

    /// - Throws: `TrainingError` where the machine clearly has too little memory.
    func require(_ configuration: TrainingConfiguration) throws {
        try MachineMemory.total.require(
            tensors + batches,
            for: "a step of --per_device_train_batch_size \(configuration.data.batchSize)",
            remedy: "use a smaller batch, with --contrastive_accumulation for as many negatives"
                + (configuration.precision.recomputesActivations ? "" : ", or --recompute"))
    }

    /// Leaves out the copy of the state where it would be too much.
    ///
    /// - Returns: what the person who started the run should know then.
    mutating func fitCheckpoint(into machine: MachineMemory) -> String? {
        guard checkpoint > 0, total > Double(machine.bytes) else { return nil }
        defer { checkpoint = 0 }
        return "checkpoints are written while training waits: a copy of the state would take "
            + "\(MachineMemory.text(checkpoint)) beside \(MachineMemory.text(total - checkpoint)), "
            + "and this process can have \(MachineMemory.text(Double(machine.bytes))) "
            + "(\(machine.reason))"
    }

    /// Bytes of the gradients that are copied at a time when they are brought together.
    private static func largestUnit(_ model: ModelConfiguration) -> Double {
        let tokens = model.text.vocabularySize * model.text.width
        let block =
            4 * model.vision.width * model.vision.width
            + (model.vision.mlpKind == .swiGLU ? 3 : 2) * model.vision.width * model.vision.mlpWidth
        return 4 * Double(max(tokens, block))
    }

    private static func trainedShare(
        _ tower: OptimizationConfiguration.Tower, _ layerCount: Int
    ) -> Double {
        guard tower.isLocked else { return 1 }
        return min(1, Double(tower.unlockedGroups) / Double(layerCount + 1))
    }
}
