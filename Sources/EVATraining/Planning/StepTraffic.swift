package import EVAConfiguration
package import TorchParallel

/// What the collectives of one optimizer step move, in the same rows as they are counted in.
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
    package init(
        _ configuration: TrainingConfiguration, model: ModelConfiguration, plan: StepPlan,
        arrangement: Arrangement, textLength: Int? = nil
    ) {
        var sum = TrafficSum(mesh: arrangement.mesh)
        let batchSize = configuration.data.batchSize
        sum.addLoss(
            configuration.loss, rowCount: batchSize * plan.batchesPerLoss,
            width: model.embedWidth, times: plan.lossesPerStep)
        let shape = ModelShape(model, configuration.optimization)
        let passes = Passes(plan, recomputes: configuration.precision.recomputesActivations)
        sum.addUnits(shape, arrangement, passes)
        sum.addLayers(
            model, shape, batchSize: batchSize,
            textLength: textLength ?? model.text.contextLength, passes)
        sum.addNumbers(shape, arrangement, configuration.optimization)
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

/// How often a step goes through the model.
private struct Passes {
    /// Times that parameters are begun to be used.
    let all: Int
    /// Times that a batch goes forward.
    let forward: Int
    /// Times that a batch's blocks go forward again in backward.
    let again: Int
    /// Times that a batch goes backward.
    let backward: Int

    init(_ plan: StepPlan, recomputes: Bool) {
        backward = plan.batchesPerStep
        // Several batches of one loss go forward once more, without a history.
        let isSplit = plan.batchesPerLoss > 1
        forward = isSplit ? 2 * backward : backward
        all = isSplit ? backward + plan.lossesPerStep : backward
        again = recomputes ? backward : 0
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

    /// A tensor goes to the next rank as another comes from the one before.
    private mutating func addShift(bytes: Int, times: Int) {
        add(.send, in: .dataRanks, bytes: bytes, times: times)
        add(.receive, in: .dataRanks, bytes: bytes, times: times)
    }

    mutating func addLoss(
        _ loss: LossConfiguration, rowCount: Int, width: Int, times: Int
    ) {
        let ranks = mesh.dataWorldSize
        guard ranks > 1 else { return }
        let isSoftmax = loss.kind == .softmax
        guard loss.gathering == .ring else {
            addGathered(loss, rowCount: ranks * rowCount, width: width, times: times)
            return
        }
        // Texts go past all ranks, forward and backward, and what is said of them comes home.
        let (texts, numbers, keys) = (4 * rowCount * width, 4 * rowCount, 8 * rowCount)
        addShift(bytes: texts, times: (2 * (ranks - 1) + ranks) * times)
        if loss.masksDuplicates { addShift(bytes: keys, times: 2 * 2 * (ranks - 1) * times) }
        guard isSoftmax else { return }
        // Sums over a column's logits, in fp64 on their way, and in fp32 for backward.
        addShift(bytes: 2 * numbers, times: ranks * times)
        addShift(bytes: numbers, times: (ranks - 1) * times)
    }

    /// Features are gathered, and the gradients at them summed and scattered.
    private mutating func addGathered(
        _ loss: LossConfiguration, rowCount: Int, width: Int, times: Int
    ) {
        let sides = loss.kind == .softmax ? 2 : 1
        add(.gather, in: .dataRanks, bytes: 4 * rowCount * width, times: sides * times)
        if LossArrangement(loss).gradient != .ownRows {
            add(.sumScatter, in: .dataRanks, bytes: 4 * rowCount * width, times: sides * times)
        }
        if loss.masksDuplicates {
            add(.gather, in: .dataRanks, bytes: 8 * rowCount, times: 2 * times)
        }
    }

    /// Gradients of the units that learn are summed, and parameters brought to all ranks; see
    /// `ParameterSharding`.
    mutating func addUnits(_ shape: ModelShape, _ arrangement: Arrangement, _ passes: Passes) {
        let stage = arrangement.shardingStage
        for unit in shape.units {
            let part = unit.part(arrangement)
            let bytes = 4 * part.count
            guard part.isShared else {
                add(.sum, in: .dataRanks, bytes: bytes, times: unit.trainedCopies)
                continue
            }
            // What is not kept whole is given away after each backward pass.
            let times = unit.trainedCopies * (stage >= 2 ? passes.backward : 1)
            add(.sumScatter, in: .sharding, bytes: bytes, times: times)
            add(.sum, in: .data, bytes: 4 * part.share, times: times)
            let gathers =
                stage < 3
                ? unit.copies
                : unit.isBounded
                    ? unit.copies * passes.forward + unit.trainedCopies * passes.backward
                    : unit.copies * passes.all
            add(.gather, in: .sharding, bytes: bytes, times: gathers)
        }
    }

    /// Each half of a block ends in a sum over its parts, and so does each half's gradient.
    mutating func addLayers(
        _ model: ModelConfiguration, _ shape: ModelShape, batchSize: Int, textLength: Int,
        _ passes: Passes
    ) {
        let imageTokens = batchSize * (Int(model.vision.keptPatchCount) + 1)
        let textTokens = batchSize * textLength
        func times(_ trained: TrainedPart, _ layerCount: Int) -> (forward: Int, backward: Int) {
            (
                layerCount * passes.forward + trained.blockCount * passes.again,
                trained.blockCount * passes.backward
            )
        }
        let vision = times(shape.vision.trained, model.vision.layerCount)
        let text = times(shape.text.trained, model.text.layerCount)
        for (tokens, width, times) in [
            (imageTokens, model.vision.width, vision), (textTokens, model.text.width, text),
        ] {
            add(
                .sum, in: .tensor, bytes: 4 * tokens * width,
                times: 2 * (times.forward + times.backward))
        }
        if model.vision.usesSubLayerNorm {
            // Two numbers of every token in each norm inside.
            let norms = model.vision.mlpKind == .swiGLU ? 2 : 1
            add(
                .gather, in: .tensor, bytes: 8 * imageTokens * mesh.tensorDegree,
                times: norms * vision.forward)
            add(.sum, in: .tensor, bytes: 8 * imageTokens, times: norms * vision.backward)
        }
        // Each rank looks up its own words.
        add(.sum, in: .tensor, bytes: 4 * textTokens * model.text.width, times: passes.forward)
    }

    /// The loss, the gradients' norm, and LAMB's norms of whole tensors.
    mutating func addNumbers(
        _ shape: ModelShape, _ arrangement: Arrangement, _ optimization: OptimizationConfiguration
    ) {
        add(.sum, in: .dataRanks, bytes: 4)
        let isShared = shape.units.contains { $0.part(arrangement).isShared }
        guard isShared || mesh.tensorDegree > 1 else { return }
        add(.gather, in: .sharding, bytes: 4 * mesh.shardingDegree)
        add(.gather, in: .tensor, bytes: 4 * mesh.tensorDegree)
        guard optimization.optimizer == .lamb else { return }
        let tensors = shape.units.reduce(0) { $0 + $1.segments.count * $1.trainedCopies }
        add(.sum, in: .sharding, bytes: 2 * 4 * tensors)
        add(.sum, in: .tensor, bytes: 2 * 4 * tensors)
    }
}
