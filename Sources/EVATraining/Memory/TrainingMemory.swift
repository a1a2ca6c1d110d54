package import EVAConfiguration
internal import Torch
internal import TorchParallel

/// An estimate of what a training step needs in memory at its peak on one rank, in bytes.
///
/// Counted from what every operator keeps for backward; the tests hold it against what the
/// allocator measured. `evaclip plan` and the check before a run are the same figures.
package struct TrainingMemory: Sendable {
    /// The fp32 weights.
    package let values: Double
    /// What 16-bit products read of them.
    package let operands: Double
    /// The optimizer's moments.
    package let moments: Double
    /// The weights' moving average.
    package let average: Double
    /// The rest of what is in tensors, at the moment when it is most together.
    package let step: Moment
    /// Pixels of the batch, and of the one that is on its way to a GPU.
    package let pixels: Double
    /// This rank's features, and what the loss makes of them.
    package let features: Double
    /// The features of all ranks.
    package let gatheredFeatures: Double
    /// Batches that wait in the host's memory.
    package let batches: Double
    /// What a process takes that has no tensors yet.
    package let base: Double

    /// What is in memory at one moment of a step and not at others.
    package struct Moment: Sendable {
        /// What the moment is called.
        package let name: String
        package internal(set) var gradients = 0.0
        /// What forward keeps for backward, and what passes in a block.
        package internal(set) var activations = 0.0
        /// A tile of logits.
        package internal(set) var loss = 0.0
        /// Parameters of other ranks, and gradients on their way to them.
        package internal(set) var buffers = 0.0

        var total: Double { gradients + activations + loss + buffers }
    }

    /// The copy of the state that is written while training goes on; 0 where none is made.
    package private(set) var checkpoint: Double

    /// What is in tensors.
    package var tensors: Double {
        values + operands + moments + average + step.total + pixels + features + gatheredFeatures
    }

    /// What a process on the host needs that keeps its tensors there.
    package var total: Double { tensors + batches + base }

    /// What a GPU needs, on which one batch waits besides.
    ///
    /// - Parameter offloadsMoments: whether the moments stay in the host's memory.
    package func onDevice(offloadsMoments: Bool) -> Double {
        tensors + pixels + base - (offloadsMoments ? moments : 0)
    }

    /// Bytes of a process on a CPU without tensors: the program, libtorch, and its tables.
    package static let hostBase = 250e6

    // A tile's logits, what they become, and the mask of duplicates.
    private static let tileCopies = 4.0
    private static let batchesAhead = 3.0
    // Features as they are, normalised, in the loss, and their gradients, of both towers.
    private static let featureCopies = 10.0
    // Both towers' and their gradients.
    private static let gatheredCopies = 4.0
    // Blocks of texts and of their gradients: this rank's, the one that is here, the one that comes.
    private static let ringCopies = 6.0

    /// - Parameters:
    ///   - configuration: the run; what is said of ranks there does not count.
    ///   - model: the network.
    ///   - plan: the batches of a step.
    ///   - arrangement: of the ranks.
    ///   - textLength: tokens of the longest text, which the context's length bounds.
    ///   - base: bytes of a process without tensors.
    package init(
        _ configuration: TrainingConfiguration, model: ModelConfiguration, plan: StepPlan,
        arrangement: Arrangement = .single, textLength: Int? = nil, base: Double = hostBase
    ) {
        let shape = ModelShape(model, configuration.optimization)
        let precision = configuration.precision
        let parts = PartCounter(arrangement, precision)
        self.base = base
        values = parts.values(shape.units)
        operands = parts.operands(shape.units)
        let updated = parts.updated(shape.units)
        moments = updated * (configuration.optimization.optimizer == .lion ? 1 : 2)
        average = configuration.optimization.emaDecay == nil ? 0 : updated

        let settings = configuration.checkpoints
        checkpoint =
            settings.strategy == .none && settings.everyMinutes == nil
            ? 0 : values + average + (settings.savesWeightsOnly ? 0 : moments)
        let batchSize = Double(configuration.data.batchSize)
        pixels = 4 * batchSize * Double(3 * model.vision.imageSize * model.vision.imageSize)
        batches = pixels * (Self.batchesAhead + Double(plan.batchesPerLoss))
        let rows = batchSize * Double(plan.batchesPerLoss)
        let columns = rows * Double(arrangement.mesh.dataWorldSize)
        let width = Double(model.embedWidth)
        features = 4 * rows * width * Self.featureCopies
        let isRing = configuration.loss.gathering == .ring
        gatheredFeatures =
            columns == rows
            ? 0 : 4 * (isRing ? rows * Self.ringCopies : columns * Self.gatheredCopies) * width
        let tensorDegree = arrangement.mesh.tensorDegree
        let vision = TowerMemory(
            model.vision, trained: shape.vision.trained, batchSize: batchSize,
            precision: precision, tensorDegree: tensorDegree)
        let text = TowerMemory(
            model.text, trained: shape.text.trained, batchSize: batchSize,
            length: textLength ?? model.text.contextLength, precision: precision,
            tensorDegree: tensorDegree)
        let others = isRing ? rows : columns
        let tile = max(others, min(rows * others, Double(1 << 23))) * 4 * Self.tileCopies
        step = Self.fullest(
            shape, parts, vision, text, tile: tile, isAccumulated: plan.batchesPerStep > 1)
    }

    /// Leaves out the copy of the state where it would be too much.
    ///
    /// - Returns: what the person who started the run should know then.
    mutating func fitCheckpoint(into machine: MachineMemory) -> String? {
        guard checkpoint > 0, total + checkpoint > Double(machine.bytes) else { return nil }
        defer { checkpoint = 0 }
        return "checkpoints are written while training waits: a copy of the state would take "
            + "\(MachineMemory.text(checkpoint)) beside \(MachineMemory.text(total)), "
            + "and this process can have \(MachineMemory.text(Double(machine.bytes))) "
            + "(\(machine.reason))"
    }

    /// The moment of a step with the most in memory.
    ///
    /// Backward passes the text tower first, whose gradients then stand beside what the vision
    /// tower keeps. What that keeps goes as its gradients come, so the most is at either end.
    private static func fullest(
        _ shape: ModelShape, _ parts: PartCounter, _ vision: TowerMemory, _ text: TowerMemory,
        tile: Double, isAccumulated: Bool
    ) -> Moment {
        let before = isAccumulated ? parts.gradientsBetweenPasses(shape.units) : 0
        func arrived(_ units: [UnitShape]) -> Double {
            // The others' gradients of earlier passes stand beside them.
            let others = shape.units.filter { !units.contains($0) }
            return parts.arrived(units, isLater: isAccumulated)
                + (isAccumulated ? parts.gradientsBetweenPasses(others) : 0)
        }
        let gathered = parts.gathered(shape.units)
        let reduced = parts.reduced(shape.units)
        let moments = [
            Moment(
                name: "loss", gradients: before,
                activations: vision.kept + text.kept + max(0, text.passing - tile), loss: tile,
                buffers: gathered),
            Moment(
                name: "backward of the vision tower", gradients: arrived(shape.text.units),
                activations: vision.kept + vision.passing, buffers: gathered + reduced),
            Moment(
                name: "end of backward", gradients: arrived(shape.units),
                activations: vision.passing, buffers: gathered + reduced),
            Moment(
                name: "update", gradients: parts.updated(shape.units),
                buffers: parts.collected(shape.units)),
        ]
        return moments.max { $0.total < $1.total } ?? moments[0]
    }
}
