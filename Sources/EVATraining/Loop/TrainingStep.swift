internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch
internal import TorchParallel

/// One optimizer step: batches in, numbers out; it knows no file.
final class TrainingStep {
    let model: TrainedModel
    let schedule: LearningRateSchedule
    let plan: StepPlan
    let optimization: OptimizationConfiguration
    /// Samples that one step learns from.
    let samplesPerStep: Int
    /// Whether weights, moments and average are all as one step left them: not after a step that
    /// failed in the middle of moving them.
    private(set) var isBetweenSteps = true
    private let precision: PrecisionConfiguration
    private let loss: ContrastiveLoss
    private let ranks: ParallelContext
    private let random: RandomSource
    private let device: Device

    init(
        _ configuration: TrainingConfiguration, model: TrainedModel, plan: StepPlan,
        schedule: LearningRateSchedule, loss: ContrastiveLoss, ranks: ParallelContext,
        device: Device
    ) {
        self.model = model
        self.schedule = schedule
        self.plan = plan
        self.loss = loss
        self.ranks = ranks
        self.device = device
        optimization = configuration.optimization
        samplesPerStep =
            configuration.data.batchSize * plan.batchesPerStep * ranks.dataRanks.size
        precision = configuration.precision
        random = RandomSource(
            seed: UInt64(bitPattern: Int64(configuration.seed)), device: device)
    }

    /// Takes one step over one loss, or over several that are averaged; the stages stand in the
    /// order in which they happen.
    ///
    /// Whether gradients and loss are finite is the one number that is read back from the device:
    /// the host has to know whether the step counts.
    ///
    /// - Parameters:
    ///   - state: where the run stands before the step.
    ///   - batches: gives the step's batches.
    /// - Returns: what was not finite, so that the weights stayed as they were; nil as a rule.
    /// - Throws: what the batches throw; `TorchError` where the machine cannot compute the step.
    func callAsFunction(after state: TrainingState, from batches: BatchStager) throws -> StepFault?
    {
        let store = model.clip.store
        guard let sharding = store.sharding else { fatalError("a model is trained without units") }
        let place = "step \(state.step + 1)"
        defer { store.clearGradients() }
        let stepLoss = Tensor.full([], 0, device: device)
        let scale = state.lossScale?.value
        // The gradients of all ranks are summed: their mean is that of the whole batch.
        let scaling = Tensor.full(
            [], (scale ?? 1) / Double(ranks.dataRanks.size), device: device)
        var samples = StepSamples()
        var gradientNorm = stepLoss
        let fault = try throwingTorchFailures { () -> StepFault? in
            for index in 0..<plan.lossesPerStep {
                let parts = self.parts(
                    of: try batches.take(plan.batchesPerLoss, afterStep: state.step),
                    random: random.stream(state.step).stream(index))
                samples.add(parts.map(\.batch))
                let isLast = index == plan.lossesPerStep - 1
                ranks.enter("forward and backward of \(place)")
                try sharding.beginPass(isLast: isLast && parts.count == 1)
                let features = try forward(parts, batches)
                let share = try contrast(features) * (1 / Double(plan.lossesPerStep))
                try Tensor.backward([share], [scaling])
                try sharding.endPass()
                try backward(features, parts, batches, sharding, isLast: isLast)
                stepLoss.add(inPlace: share.detached())
            }
            // The device has the gradients still to compute; what follows waits for them.
            if state.step + 1 < state.totalSteps { batches.lookAhead() }
            ranks.enter("the norm of gradients of \(place)")
            try ranks.dataRanks.sum(inPlace: stepLoss)
            stepLoss.multiply(inPlace: 1 / Double(ranks.dataRanks.size))
            gradientNorm = try GradientNorm.of(store)
            guard !(gradientNorm + stepLoss).item().isFinite else { return nil }
            return StepFault(
                loss: stepLoss.item(), gradients: try model.nonfiniteGradients(), samples: samples)
        }
        if let fault { return fault }
        ranks.enter("the update of \(place)")
        isBetweenSteps = false
        try throwingTorchFailures {
            model.gradientNorm.copy(
                from: GradientNorm.clip(
                    store, norm: gradientNorm, to: optimization.maxGradientNorm ?? 0,
                    lossScale: scale ?? 1))
            try model.optimizer.step(rateMultiplier: schedule.multiplier(afterSteps: state.step))
            model.clip.clampLogitScale()
            try sharding.spread()
            model.average?.update(step: (state.averagedSteps ?? 0) + 1)
            model.lossSum.add(inPlace: stepLoss)
        }
        isBetweenSteps = true
        return nil
    }

    /// Features of a loss's batches.
    ///
    /// Several batches are contrasted as one large batch would be, with its exact gradient, in the
    /// memory of one (Gao et al., "GradCache", arXiv 2101.06983): each goes forward without a
    /// history, the loss of all features gives the gradient at each, and each batch goes forward
    /// again, with the same draws, to take its share of that gradient back to the parameters.
    private func forward(_ parts: [Part], _ batches: BatchStager) throws -> Features {
        guard parts.count > 1 else { return try features(of: parts[0], batches) }
        let each = try withoutGradient { try parts.map { try features(of: $0, batches) } }
        func leaf(_ tensors: [Tensor]) -> Tensor {
            let leaf = Tensor.concatenated(tensors, dimension: 0)
            leaf.requiresGradient = true
            return leaf
        }
        return Features(
            images: leaf(each.map(\.images)), texts: leaf(each.map(\.texts)),
            keys: ContrastiveLoss.Keys(
                images: .concatenated(each.map(\.keys.images), dimension: 0),
                texts: .concatenated(each.map(\.keys.texts), dimension: 0)))
    }

    private func contrast(_ features: Features) throws -> Tensor {
        try loss(
            images: features.images, texts: features.texts,
            logitScale: model.clip.logitScale.value, logitBias: model.clip.logitBias?.value,
            keys: features.keys)
    }

    /// Takes the loss's gradient from the features of several batches to the parameters, and adds
    /// up, in fp32, what each pass gives.
    private func backward(
        _ all: Features, _ parts: [Part], _ batches: BatchStager, _ sharding: ParameterSharding,
        isLast: Bool
    ) throws {
        guard parts.count > 1 else { return }
        for (index, part) in parts.enumerated() {
            try sharding.beginPass(isLast: isLast && index == parts.count - 1)
            let features = try features(of: part, batches)
            // A tower that does not learn has no history to go back through.
            let ends = [(features.images, all.images), (features.texts, all.texts)]
                .filter { $0.0.requiresGradient }
            if !ends.isEmpty {
                try Tensor.backward(
                    ends.map(\.0), ends.map { $0.1.gradient?.sliced(part.rows, dimension: 0) })
            }
            try sharding.endPass()
        }
    }

    private func features(of part: Part, _ batches: BatchStager) throws -> Features {
        let batch = try batches.tensors(of: part.batch)
        let context = ForwardContext.training(
            computeDType: precision.computeDType, random: part.random, part: part.place,
            recomputesActivations: precision.recomputesActivations)
        return Features(
            images: model.clip.encodeImages(batch.images, context),
            texts: model.clip.encodeTexts(batch.ids, context), keys: batch.keys)
    }

    /// Unit vectors of images and texts, `[B, C]` each, and what tells equal ones.
    private struct Features {
        let images: Tensor
        let texts: Tensor
        let keys: ContrastiveLoss.Keys
    }

    /// One of the batches of a loss.
    private struct Part {
        let batch: HostBatch
        /// What dropped patches and paths are drawn from, for all the batches as one.
        let random: RandomSource
        /// The batch's place among several.
        let place: BatchPart?
        /// Its rows in the features of all.
        let rows: Range<Int>
    }

    /// Cuts what is drawn for all ranks' samples of a loss into the batches of this rank.
    private func parts(of batches: [HostBatch], random: RandomSource) -> [Part] {
        let group = ranks.dataRanks
        let total = batches.reduce(0) { $0 + $1.count }
        var start = 0
        return batches.map { batch in
            defer { start += batch.count }
            // All ranks' n-th batches stand together, as one process's would.
            let place = BatchPart(
                start: start * group.size + group.rank * batch.count, total: total * group.size)
            return Part(
                batch: batch, random: random,
                place: batches.count > 1 || group.size > 1 ? place : nil,
                rows: start..<start + batch.count)
        }
    }
}
