package import EVAConfiguration
package import TorchParallel

/// What the collectives of one optimizer step move, in the same rows as they are counted in.
///
/// Single numbers, such as the norm of the gradients, are left out.
package struct StepTraffic: Sendable {
    /// By group and operation, on one rank; groups of one rank have none.
    package let rows: [Traffic.Row]

    /// Bytes that a rank sends in a step.
    package var sentBytes: Double { rows.reduce(0) { $0 + $1.sentBytes } }

    /// The rows of one group.
    package func rows(of group: RankGroup) -> [Traffic.Row] {
        rows.filter { $0.group == group.rawValue }
    }

    /// - Parameters:
    ///   - configuration: the run; what is said of ranks there does not count.
    ///   - model: the network.
    ///   - plan: the batches of a step.
    ///   - arrangement: of the ranks.
    ///   - textLength: tokens of the longest text.
    ///   - sumsHalf: whether numbers of 16 bits are summed as such; otherwise in fp32.
    package init(
        _ configuration: TrainingConfiguration, model: ModelConfiguration, plan: StepPlan,
        arrangement: Arrangement, textLength: Int? = nil, sumsHalf: Bool
    ) {
        var sum = TrafficSum(mesh: arrangement.mesh)
        let batchSize = configuration.data.batchSize
        sum.addLoss(
            configuration.loss, rowCount: batchSize * plan.batchesPerLoss,
            width: model.embedWidth, times: plan.lossesPerStep)
        let shape = ModelShape(model, configuration.optimization)
        // Several batches of one loss go forward once more, without a history.
        let backwards = plan.batchesPerStep
        let forwards = plan.batchesPerLoss > 1 ? 2 * backwards : backwards
        sum.addUnits(
            shape, PartCounter(arrangement, configuration.precision), arrangement,
            forwards: forwards, backwards: backwards)
        let again = configuration.precision.recomputesActivations ? backwards : 0
        let bytes = sumsHalf ? Int(configuration.precision.operandBytes) : 4
        sum.addLayers(
            model, shape, batchSize: batchSize,
            textLength: textLength ?? model.text.contextLength, bytes: bytes,
            forwards: forwards, again: again, backwards: backwards)
        rows = sum.rows
    }

    /// What the loss of so many pairs on each rank moves, forward and backward.
    package static func loss(
        _ configuration: LossConfiguration, rowCount: Int, width: Int, mesh: DeviceMesh
    ) -> [Traffic.Row] {
        var sum = TrafficSum(mesh: mesh)
        sum.addLoss(configuration, rowCount: rowCount, width: width, times: 1)
        return sum.rows
    }
}

/// Adds rows of traffic up.
private struct TrafficSum {
    let mesh: DeviceMesh
    private var sums: [Traffic.Row] = []

    init(mesh: DeviceMesh) {
        self.mesh = mesh
    }

    /// In the order in which `Traffic` gives them.
    var rows: [Traffic.Row] {
        let places = Traffic.Operation.allCases
        return sums.sorted {
            $0.group != $1.group
                ? $0.group < $1.group
                : (places.firstIndex(of: $0.operation) ?? 0)
                    < (places.firstIndex(of: $1.operation) ?? 0)
        }
    }

    /// - Parameter bytes: of the whole tensor of each call.
    mutating func add(
        _ operation: Traffic.Operation, in group: RankGroup, bytes: Int, times: Int = 1
    ) {
        let ranks = group.size(in: mesh)
        guard ranks > 1, times > 0 else { return }
        let place = sums.firstIndex { $0.group == group.rawValue && $0.operation == operation }
        let before = place.map { sums.remove(at: $0) }
        sums.append(
            Traffic.Row(
                group: group.rawValue, ranks: ranks, operation: operation,
                calls: (before?.calls ?? 0) + times,
                tensorBytes: (before?.tensorBytes ?? 0) + bytes * times))
    }

    /// Features are gathered, and the gradients at them summed and scattered.
    mutating func addLoss(
        _ loss: LossConfiguration, rowCount: Int, width: Int, times: Int
    ) {
        let columns = rowCount * mesh.dataWorldSize
        let sides = loss.kind == .softmax ? 2 : 1
        add(.gather, in: .dataRanks, bytes: 4 * columns * width, times: sides * times)
        add(.sumScatter, in: .dataRanks, bytes: 4 * columns * width, times: sides * times)
        if loss.masksDuplicates {
            add(.gather, in: .dataRanks, bytes: 8 * columns, times: 2 * times)
        }
    }

    /// Gradients of the units that learn are summed, and parameters brought to all ranks.
    mutating func addUnits(
        _ shape: ModelShape, _ parts: PartCounter, _ arrangement: Arrangement, forwards: Int,
        backwards: Int
    ) {
        for unit in shape.units {
            let count = unit.count(tensorDegree: mesh.tensorDegree)
            let share = unit.share(
                tensorDegree: mesh.tensorDegree, shardingDegree: mesh.shardingDegree)
            let whole = share * mesh.shardingDegree
            let stage = mesh.shardingDegree > 1 ? arrangement.shardingStage : 0
            switch stage {
            case 0, 1:
                add(.sum, in: .dataRanks, bytes: 4 * count, times: unit.trainedCopies)
            default:
                // What is not kept whole is given away after each backward pass.
                add(
                    .sumScatter, in: .sharding, bytes: 4 * whole,
                    times: unit.trainedCopies * backwards)
                add(.sum, in: .data, bytes: 4 * share, times: unit.trainedCopies * backwards)
            }
            if stage == 1 || stage == 2 {
                add(.gather, in: .sharding, bytes: 4 * whole, times: unit.trainedCopies)
            } else if stage == 3 {
                add(
                    .gather, in: .sharding, bytes: Int(parts.gathered(unit)),
                    times: unit.copies * forwards + unit.trainedCopies * backwards)
            }
        }
    }

    /// Each half of a block ends in a sum over its parts, and so does each half's gradient.
    mutating func addLayers(
        _ model: ModelConfiguration, _ shape: ModelShape, batchSize: Int, textLength: Int,
        bytes: Int, forwards: Int, again: Int, backwards: Int
    ) {
        func blocks(_ tokens: Int, _ width: Int, _ layers: Int, _ trained: TrainedPart)
            -> [(bytes: Int, times: Int)]
        {
            let passes = layers * forwards + trained.blockCount * (again + backwards)
            return [(bytes * tokens * width, 2 * passes)]
        }
        let imageTokens = batchSize * (Int(model.vision.keptPatchCount) + 1)
        var sums = blocks(
            imageTokens, model.vision.width, model.vision.layerCount, shape.vision.trained)
        if model.vision.usesSubLayerNorm {
            // Sums and sums of squares of every token's features inside.
            let norms = model.vision.mlpKind == .swiGLU ? 2 : 1
            let passes =
                model.vision.layerCount * forwards
                + shape.vision.trained.blockCount * (again + backwards)
            sums.append((4 * 2 * imageTokens, norms * passes))
        }
        let textTokens = batchSize * textLength
        sums += blocks(textTokens, model.text.width, model.text.layerCount, shape.text.trained)
        // Each rank looks up its own words.
        sums.append((4 * textTokens * model.text.width, forwards))
        for (bytes, times) in sums { add(.sum, in: .tensor, bytes: bytes, times: times) }
    }
}
