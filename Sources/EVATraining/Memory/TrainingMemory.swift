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
    package static let hostBase = 220e6

    // A tile's logits, what they become, and the mask of duplicates.
    private static let tileCopies = 4.0
    private static let batchesAhead = 3.0
    // Features as they are, normalised, in the loss, and their gradients, of both towers.
    private static let featureCopies = 10.0
    // Both towers' and their gradients.
    private static let gatheredCopies = 4.0
    // The unit in work, and the one that is brought or taken meanwhile.
    private static let unitsAtOnce = 2.0

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
        values = parts.bytes(of: shape.units, stage: 3, each: 4)
        operands =
            precision.compute == .float32
            ? 0 : parts.bytes(of: shape.units.filter(\.hasOperands), stage: 3, each: 2)
        let trained = parts.bytes(of: shape.units, stage: 1, each: 4, trainedOnly: true)
        moments = trained * (configuration.optimization.optimizer == .lion ? 1 : 2)
        average = configuration.optimization.emaDecay == nil ? 0 : trained

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
        gatheredFeatures = columns > rows ? 4 * columns * width * Self.gatheredCopies : 0
        let tensorDegree = arrangement.mesh.tensorDegree
        let vision = TowerMemory(
            model.vision, trained: shape.vision.trained, batchSize: batchSize,
            precision: precision, tensorDegree: tensorDegree)
        let text = TowerMemory(
            model.text, trained: shape.text.trained, batchSize: batchSize,
            length: textLength ?? model.text.contextLength, precision: precision,
            tensorDegree: tensorDegree)
        let tile = max(columns, min(rows * columns, Double(1 << 23))) * 4 * Self.tileCopies
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
    /// tower keeps; several passes stand beside the gradients of those before.
    private static func fullest(
        _ shape: ModelShape, _ parts: PartCounter, _ vision: TowerMemory, _ text: TowerMemory,
        tile: Double, isAccumulated: Bool
    ) -> Moment {
        let gradients = parts.gradients(of: shape.units)
        let before = isAccumulated ? gradients : 0
        let gathered = unitsAtOnce * parts.largestGathered(shape.units)
        let reduced = unitsAtOnce * parts.largestReduced(shape.units)
        let moments = [
            Moment(
                name: "loss", gradients: before,
                activations: vision.kept + text.kept + max(0, text.passing - tile), loss: tile,
                buffers: gathered),
            Moment(
                name: "backward of the vision tower",
                gradients: isAccumulated ? before : parts.arrived(of: shape.text.units),
                activations: vision.kept + vision.passing, buffers: gathered + reduced),
            Moment(
                name: "update", gradients: gradients,
                buffers: min(gradients, parts.largest(shape.units))),
        ]
        return moments.max { $0.total < $1.total } ?? moments[0]
    }
}
