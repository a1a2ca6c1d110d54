package import EVAConfiguration
package import EVAData
internal import EVAEvaluation
internal import EVALayers
package import EVAModels
internal import EVAOptimization
internal import EVATensorFiles
internal import Foundation
package import Torch
internal import TorchParallel

/// Trains a model: assembles the parts, takes the steps, reports and saves.
package final class Trainer {
    package let clip: CLIP
    package let data: TrainingData
    package internal(set) var state: TrainingState
    /// What a step needs in memory, by estimate.
    package let memory: TrainingMemory
    /// What became of the records that were read, after `run`, however it ended.
    package internal(set) var dataTally = DataTally()
    /// Words for the person who started the run.
    package internal(set) var notes: [String] = []

    let configuration: TrainingConfiguration
    let preprocessing: PreprocessingConfiguration
    let optimizer: Optimizer
    private(set) var schedule: LearningRateSchedule
    let plan: StepPlan
    let loss: ContrastiveLoss
    let random: RandomSource
    let device: Device
    /// What brings batches to the device while the run goes on.
    var stager: BatchStager?
    /// The moving average of the weights.
    let average: WeightAverage?
    /// The losses since the last report, summed on the device.
    let lossSum: Tensor
    /// The gradient's norm in the last step that was taken, before clipping.
    let gradientNorm: Tensor
    let claim: OutputClaim
    let metrics: MetricsFile
    let evaluations: MetricsFile
    let nonfinite: MetricsFile
    var tensorBoard: TensorBoardLog?
    let evaluator: TaskEvaluator?
    /// What tells the best checkpoint; nil where none is looked for.
    let bestMetric: BestMetric?
    /// The step of the last checkpoint that this run wrote or went on from.
    var savedStep: Int?
    /// Whether weights and moments are as the last step left them.
    var isBetweenSteps = true
    private var hasBegun = false

    /// Builds a run from its configuration and restores a checkpoint where one is named.
    ///
    /// Files of an earlier run in the output folder are untouched until `run` is called.
    ///
    /// - Throws: `UsageError` for one of several processes; whatever else keeps
    ///   the run from starting, each a typed error of one clear line.
    package init(_ configuration: TrainingConfiguration, device: Device) throws {
        let environment = ProcessInfo.processInfo.environment
        if let refusal = TrainingSupport.refusal(environment: environment) {
            throw UsageError(refusal)
        }
        bestMetric = try BestMetric(configuration)
        self.configuration = configuration
        self.device = device
        var description = try ModelLocator.locate(configuration.model)
        let addsLogitBias =
            configuration.loss.kind == .sigmoid && description.configuration.initialLogitBias == nil
        if addsLogitBias { description.configuration.initialLogitBias = CLIP.usualLogitBias }
        preprocessing = description.preprocessing
        evaluator = try Self.evaluator(configuration, for: description)
        notes += evaluator?.notes ?? []
        let mesh = DeviceMesh.single
        data = try TrainingData(
            configuration.data, model: description.configuration,
            preprocessing: description.preprocessing, seed: configuration.seed,
            dataRank: mesh.dataWorldRank, dataWorldSize: mesh.dataWorldSize)
        let optimization = configuration.optimization
        plan = try Self.plan(configuration, data)
        let totalSteps = try Self.totalSteps(configuration, plan)
        schedule = LearningRateSchedule(optimization.schedule, totalSteps: totalSteps)
        state = TrainingState(
            totalSteps: totalSteps, seed: configuration.seed, dataName: data.name,
            dataCount: data.sampleCount ?? 0, batchSize: configuration.data.batchSize,
            gradientAccumulationSteps: plan.lossesPerStep,
            contrastiveAccumulation: plan.batchesPerLoss,
            optimizer: optimization.optimizer.rawValue, emaDecay: optimization.emaDecay,
            lossScale: configuration.precision.compute == .float16
                ? LossScale(configuration.precision.initialLossScale) : nil)
        state.averagedSteps = optimization.emaDecay.map { _ in 0 }
        state.settings = try RunSettings(
            configuration, model: description.configuration, preprocessing: preprocessing)
        memory = TrainingMemory(configuration, model: description.configuration, plan: plan)
        if device == .cpu { try Self.require(memory, configuration) }
        claim = try OutputClaim(configuration)
        notes += claim.notes
        random = RandomSource(seed: UInt64(bitPattern: Int64(configuration.seed)), device: device)
        loss = ContrastiveLoss(
            configuration.loss.kind, masksDuplicates: configuration.loss.masksDuplicates)
        clip = CLIP(description.configuration, device: device)
        // CLIP's loss does not depend on the bias, which then stays as it is.
        clip.logitBias?.isTrained = configuration.loss.kind == .sigmoid
        notes += Self.lock(optimization, of: clip.store.parameters)
        clip.store.makeUnits(computeDType: Self.computeDType(configuration.precision))
        optimizer = Self.optimizer(optimization, for: clip)
        let store = clip.store
        average = optimization.emaDecay.map {
            WeightAverage(of: store, decay: $0, isBiasCorrected: optimization.correctsAverage)
        }
        lossSum = Tensor.full([], 0, device: device)
        gradientNorm = Tensor.full([], 0, device: device)
        metrics = MetricsFile(path: configuration.outputDirectory + "/metrics.jsonl")
        evaluations = MetricsFile(path: configuration.outputDirectory + "/eval.jsonl")
        nonfinite = MetricsFile(path: configuration.outputDirectory + "/nonfinite.jsonl")
        if plan.lossesPerStep < optimization.gradientAccumulationSteps {
            notes.append(
                "--gradient_accumulation_steps \(optimization.gradientAccumulationSteps): an epoch "
                    + "has only \(plan.batchesPerEpoch) batches, so a step takes "
                    + "\(plan.lossesPerStep)")
        }
        try setWeights(description, addsLogitBias: addsLogitBias)
    }

    /// Samples that one optimizer step learns from.
    package var samplesPerStep: Int {
        configuration.data.batchSize * plan.batchesPerStep
    }

    /// Samples that are contrasted with each other.
    package var samplesPerLoss: Int { configuration.data.batchSize * plan.batchesPerLoss }

    /// The dtype of matrix products.
    var computeDType: DType { Self.computeDType(configuration.precision) }

    private static func computeDType(_ precision: PrecisionConfiguration) -> DType {
        switch precision.compute {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }

    /// - Throws: `TrainingError` where the machine clearly has too little memory.
    private static func require(_ memory: TrainingMemory, _ configuration: TrainingConfiguration)
        throws
    {
        try MachineMemory.total.require(
            memory.total,
            for: "a step of --per_device_train_batch_size \(configuration.data.batchSize)",
            remedy: "use a smaller batch, with --contrastive_accumulation for as many negatives"
                + (configuration.precision.recomputesActivations ? "" : ", or --recompute"))
    }

    private static func plan(_ configuration: TrainingConfiguration, _ data: TrainingData) throws
        -> StepPlan
    {
        try refuseEpochs(of: data, configuration)
        let wanted = configuration.loss.accumulation
        if let batches = data.batchesPerEpoch, wanted > batches {
            throw TrainingError(
                "--contrastive_accumulation \(wanted): an epoch of \(data.name) has only "
                    + "\(batches) batches of \(configuration.data.batchSize); use a smaller "
                    + "--per_device_train_batch_size or more data")
        }
        return StepPlan(
            batchesPerEpoch: data.batchesPerEpoch,
            accumulation: configuration.optimization.gradientAccumulationSteps,
            batchesPerLoss: wanted)
    }

    /// - Throws: `UsageError` where the run is measured in epochs and an epoch has no length.
    private static func refuseEpochs(
        of data: TrainingData, _ configuration: TrainingConfiguration
    ) throws {
        guard data.sampleCount == nil else { return }
        var wanted: [String] = []
        if configuration.optimization.maxSteps == nil { wanted.append("--num_train_epochs") }
        if configuration.checkpoints.strategy == .epoch { wanted.append("--save_strategy epoch") }
        if configuration.logging.strategy == .epoch { wanted.append("--logging_strategy epoch") }
        if case .epochs = configuration.evaluation.schedule {
            wanted.append("--evaluation_strategy epoch")
        }
        guard !wanted.isEmpty else { return }
        throw UsageError(
            "\(data.name): how many samples it has is not known, so epochs cannot be counted "
                + "(\(wanted.joined(separator: ", "))); give the length of the run as --max_steps, "
                + "or that of an epoch as --train_num_samples")
    }

    private static func totalSteps(_ configuration: TrainingConfiguration, _ plan: StepPlan) throws
        -> Int
    {
        let optimization = configuration.optimization
        // A part of an epoch is a step at least.
        let steps =
            optimization.maxSteps
            ?? max(1, Int(Double(plan.stepsPerEpoch) * optimization.epochs))
        let problems = configuration.validate(totalSteps: steps)
        guard problems.isEmpty else {
            throw ConfigurationError(source: "train", problems: problems)
        }
        return steps
    }

    private static func optimizer(_ configuration: OptimizationConfiguration, for clip: CLIP)
        -> Optimizer
    {
        func rates(_ tower: OptimizationConfiguration.Tower) -> TowerRates {
            TowerRates(
                learningRate: tower.learningRate, weightDecay: tower.weightDecay,
                layerDecay: tower.layerDecay)
        }
        let grouping = ParameterGrouping(
            visual: rates(configuration.visual),
            other: TowerRates(
                learningRate: configuration.logitScaleLearningRate, weightDecay: 0, layerDecay: 1),
            text: rates(configuration.text))
        let rule: any UpdateRule
        switch configuration.optimizer {
        case .adamW:
            rule = AdamW(
                beta1: configuration.beta1, beta2: configuration.beta2,
                epsilon: configuration.resolvedEpsilon)
        case .lamb:
            rule = LAMB(
                beta1: configuration.beta1, beta2: configuration.beta2,
                epsilon: configuration.resolvedEpsilon)
        case .lion:
            rule = Lion(beta1: configuration.beta1, beta2: configuration.beta2)
        }
        return Optimizer(
            grouping.groups(of: clip.store.parameters), over: clip.store.units, rule: rule)
    }

    /// Takes locked towers out of training.
    ///
    /// - Returns: a line for each.
    private static func lock(_ configuration: OptimizationConfiguration, of parameters: [Parameter])
        -> [String]
    {
        let towers: [(ParameterGroup.Tower, OptimizationConfiguration.Tower)] = [
            (.visual, configuration.visual), (.text, configuration.text),
        ]
        return towers.filter(\.1.isLocked).map { tower, settings in
            let count = ParameterGrouping.lock(
                tower, of: parameters, unlockedGroups: settings.unlockedGroups)
            return "--lock_\(tower.rawValue): \(count) tensors of the tower stay as they are"
        }
    }

    /// Sets the parameters: from a checkpoint, from published weights, or drawn anew.
    ///
    /// - Parameter addsLogitBias: whether the model has a logit bias only for this run's loss.
    private func setWeights(_ description: ModelDescription, addsLogitBias: Bool) throws {
        if let checkpoint = claim.checkpoint {
            let started = state
            try restore(from: checkpoint)
            schedule = LearningRateSchedule(
                configuration.optimization.schedule, totalSteps: state.totalSteps,
                start: state.scheduleStart)
            notes.append("resumed after step \(state.step)")
            if state.dataName != started.dataName {
                notes.append(
                    "the checkpoint was trained on \(state.dataName); this run goes on with "
                        + "\(started.dataName), which has as many samples")
                state.dataName = started.dataName
            }
        } else if configuration.model.loadsWeights {
            var policy = description.policy
            if addsLogitBias { policy.allowedMissing.append("logit_bias") }
            let weights = try clip.loadWeights(
                from: description.openWeights(), policy: policy,
                seed: UInt64(bitPattern: Int64(configuration.seed)))
            notes += weights.notes
            if addsLogitBias, weights.drawn.contains("logit_bias") {
                clip.restartLogits()
                notes.append(
                    "--loss sigmoid: the weights have no logit_bias, so the logits' scale and bias "
                        + "begin anew")
            }
        } else {
            clip.store.initialize(seed: UInt64(bitPattern: Int64(configuration.seed)))
            notes.append("weights drawn from scratch with seed \(configuration.seed)")
        }
        if state.step == 0 { average?.restart() }
    }

    /// Makes the output folder the run's own; what an earlier run left there goes, where this one
    /// does not go on from it.
    package func begin() throws {
        guard !hasBegun else { return }
        try claim.begin()
        hasBegun = true
    }

    /// Brings the logs to where the run starts: empty, or up to the step that it goes on from.
    func openLogs() throws {
        try reviseBest()
        if state.step == 0 {
            try AtomicFile.write([], to: metrics.path)
        }
        for log in [metrics, evaluations, nonfinite] { try log.truncate(afterStep: state.step) }
        let logging = configuration.logging
        if logging.writesTensorBoard {
            let log = try TensorBoardLog(
                folder: logging.tensorBoardDirectory
                    ?? configuration.outputDirectory + "/tensorboard", afterStep: state.step)
            try claim.add(log.path)
            tensorBoard = log
        }
    }
}
