internal import EVAConfiguration
internal import TorchParallel

/// What one rank computes in an optimizer step.
package struct StepWork: Sendable {
    /// Operations of matrix products; an addition and a multiplication are two.
    package let products: Double
    /// Operations of attention's products, which reach less of a machine's peak.
    package let attention: Double
    /// Bytes that are read and written by all that is not a matrix product.
    package let movedBytes: Double
    /// The share of the products that is in backward, behind which ranks can talk.
    package let backwardShare: Double

    /// All operations.
    package var operations: Double { products + attention }

    // What forward keeps is written once and read once there, and in backward read, and its
    // gradient written and read; as much again passes through operators that keep nothing.
    private static let passesOverActivations = 6.0

    init(
        _ configuration: TrainingConfiguration, model: ModelConfiguration, plan: StepPlan,
        arrangement: Arrangement, textLength: Int
    ) {
        let precision = configuration.precision
        let shape = ModelShape(model, configuration.optimization)
        let mesh = arrangement.mesh
        let batchSize = Double(configuration.data.batchSize)
        let passes = Passes(plan, precision)
        let vision = TowerWork(model.vision, embedWidth: model.embedWidth)
        let text = TowerWork(model.text, embedWidth: model.embedWidth, length: textLength)
        let towers = [(vision, shape.vision.trained), (text, shape.text.trained)]
        var (forward, backward, mixing, mixingBack) = (0.0, 0.0, 0.0, 0.0)
        for (tower, trained) in towers {
            let all = Double(tower.layerCount)
            let learning = Double(trained.blockCount)
            let split = batchSize / Double(mesh.tensorDegree)
            forward +=
                split * tower.block * (all * passes.forward + learning * passes.again)
                + batchSize * tower.ends * passes.forward
            backward += 2 * split * tower.block * learning * passes.backward
            backward += trained.learnsHead ? 2 * batchSize * tower.ends * passes.backward : 0
            mixing += split * tower.mixing * (all * passes.forward + learning * passes.again)
            // The scores are computed again, and there are four products for two.
            mixingBack += 2.5 * split * tower.mixing * learning * passes.backward
        }
        let rows = batchSize * Double(plan.batchesPerLoss)
        let columns = rows * Double(mesh.dataWorldSize)
        let sides = configuration.loss.kind == .softmax ? 2.0 : 1
        // A product forward; in backward again, and one for each side's gradient.
        let loss =
            sides * 4 * 2 * rows * columns * Double(model.embedWidth) * Double(plan.lossesPerStep)
        products = forward + backward + loss
        attention = mixing + mixingBack
        backwardShare = (backward + mixingBack) / max(1, products + attention)

        let parts = PartCounter(arrangement, precision)
        let kept =
            TowerMemory(
                model.vision, trained: shape.vision.trained, batchSize: batchSize,
                precision: passes.keeping, tensorDegree: mesh.tensorDegree
            ).kept
            + TowerMemory(
                model.text, trained: shape.text.trained, batchSize: batchSize, length: textLength,
                precision: passes.keeping, tensorDegree: mesh.tensorDegree
            ).kept
        let activations =
            kept * Self.passesOverActivations / 3
            * (passes.forward + passes.again + 2 * passes.backward)
        // Gradients are brought together, measured, clipped, and read with values and moments,
        // which are written again.
        let gathered = parts.gradients(of: shape.units) / 4 * 16
        let moments = configuration.optimization.optimizer == .lion ? 1.0 : 2
        let share = parts.bytes(of: shape.units, stage: 1, each: 1, trainedOnly: true)
        let update = share * (12 + 8 * moments)
        let refreshed = precision.compute == .float32 ? 0 : 6 * share
        let averaged = configuration.optimization.emaDecay == nil ? 0 : 12 * share
        movedBytes = activations + gathered + update + refreshed + averaged
    }

    /// How often a batch goes through the model in a step, all batches together.
    private struct Passes {
        let forward: Double
        /// Blocks that are computed again before their backward.
        let again: Double
        let backward: Double
        /// The precision of a run that keeps all.
        let keeping: PrecisionConfiguration

        init(_ plan: StepPlan, _ precision: PrecisionConfiguration) {
            backward = Double(plan.batchesPerStep)
            forward = plan.batchesPerLoss > 1 ? 2 * backward : backward
            again = precision.recomputesActivations ? backward : 0
            var keeping = precision
            keeping.recomputesActivations = false
            self.keeping = keeping
        }
    }
}

/// Operations of one sample's forward pass through a tower.
private struct TowerWork {
    let layerCount: Int
    /// The matrices of a block.
    let block: Double
    /// A block's products of queries with keys, and of what comes of it with values.
    let mixing: Double
    /// What is before and behind the blocks.
    let ends: Double

    init(_ vision: VisionConfiguration, embedWidth: Int) {
        let (width, hidden) = (Double(vision.width), Double(vision.mlpWidth))
        let tokens = vision.keptPatchCount + 1
        let matrices = vision.mlpKind == .swiGLU ? 3.0 : 2
        layerCount = vision.layerCount
        block = 2 * tokens * (4 * width * width + matrices * width * hidden)
        mixing = 4 * tokens * tokens * width
        let patches = Double(vision.patchCount * 3 * vision.patchSize * vision.patchSize)
        ends = 2 * patches * width + 2 * width * Double(embedWidth)
    }

    init(_ text: TextConfiguration, embedWidth: Int, length: Int) {
        let (width, tokens) = (Double(text.width), Double(length))
        layerCount = text.layerCount
        block = 2 * tokens * (4 * width * width + 2 * width * Double(text.mlpWidth))
        // Each token looks back only.
        mixing = 2 * tokens * tokens * width
        ends = 2 * width * Double(embedWidth)
    }
}
