package import EVAConfiguration
internal import EVAData
package import EVAModels
internal import EVALayers
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
    /// What was set but has no effect here, and other words for the person who started the run.
    package private(set) var notes: [String] = []

    let configuration: TrainingConfiguration
    let preprocessing: PreprocessingConfiguration
    let optimizer: Optimizer
    let schedule: LearningRateSchedule
    let loss: ContrastiveLoss
    let random: RandomSource
    let device: Device
    /// The losses since the last report, summed on the device.
    var lossSum: Tensor
    let checkpoints: CheckpointFolder
    let metrics: MetricsFile

    /// Builds a run from its configuration and restores a checkpoint where one is named.
    ///
    /// - Throws: whatever keeps the run from starting, each a typed error of one clear line.
    package init(_ configuration: TrainingConfiguration, device: Device) throws {
        self.configuration = configuration
        self.device = device
        let description = try ModelLocator.locate(configuration.model)
        preprocessing = description.preprocessing
        clip = CLIP(description.configuration, device: device)
        let mesh = DeviceMesh.single
        data = try TrainingData(
            configuration.data, model: description.configuration,
            preprocessing: description.preprocessing, seed: configuration.seed,
            dataRank: mesh.dataWorldRank, dataWorldSize: mesh.dataWorldSize)
        let totalSteps = try Self.totalSteps(configuration, batchesPerEpoch: data.schedule.batchesPerEpoch)
        schedule = LearningRateSchedule(
            warmupSteps: configuration.optimization.schedule.resolvedWarmupSteps(
                totalSteps: totalSteps), totalSteps: totalSteps)
        state = TrainingState(
            totalSteps: totalSteps, seed: configuration.seed, dataName: data.source.name,
            dataCount: data.source.count, batchSize: configuration.data.batchSize,
            gradientAccumulationSteps: configuration.optimization.gradientAccumulationSteps,
            optimizer: configuration.optimization.optimizer.rawValue)
        random = RandomSource(seed: UInt64(bitPattern: Int64(configuration.seed)), device: device)
        loss = ContrastiveLoss(masksDuplicates: configuration.loss.masksDuplicates)
        optimizer = try Self.optimizer(configuration.optimization, for: clip)
        lossSum = Tensor.full([], 0, device: device)
        checkpoints = CheckpointFolder(root: configuration.outputDirectory)
        metrics = MetricsFile(path: configuration.outputDirectory + "/metrics.jsonl")
        try prepareOutput()
        try setWeights(description)
    }

    /// Samples that one optimizer step learns from.
    package var samplesPerStep: Int {
        configuration.data.batchSize * configuration.optimization.gradientAccumulationSteps
    }

    /// The dtype of matrix products.
    var computeDType: DType {
        switch configuration.precision.compute {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }

    private static func totalSteps(_ configuration: TrainingConfiguration, batchesPerEpoch: Int)
        throws -> Int
    {
        let optimization = configuration.optimization
        let stepsPerEpoch = max(1, batchesPerEpoch / optimization.gradientAccumulationSteps)
        let steps = optimization.maxSteps ?? Int(Double(stepsPerEpoch) * optimization.epochs)
        let problems = configuration.validate(totalSteps: steps)
        guard problems.isEmpty else {
            throw ConfigurationError(source: "train", problems: problems)
        }
        return steps
    }

    private static func optimizer(_ configuration: OptimizationConfiguration, for clip: CLIP) throws
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
            throw TrainingError("--optimizer lion: expected adamw or lamb")
        }
        return Optimizer(grouping.groups(of: clip.store.parameters), rule: rule)
    }

    /// Makes the output folder and finds out early whether it can be written.
    private func prepareOutput() throws {
        let root = configuration.outputDirectory
        do {
            try FileManager.default.createDirectory(
                atPath: root, withIntermediateDirectories: true)
        } catch {
            throw TrainingError("--output_dir \(root): the folder cannot be made: \(reason(error))")
        }
        guard access(root, W_OK) == 0 else {
            throw TrainingError(
                "--output_dir \(root): the folder cannot be written: "
                    + String(cString: strerror(errno)))
        }
    }

    private func reason(_ error: any Error) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return cause.map { String(cString: strerror(Int32($0.code))) }
            ?? error.localizedDescription
    }

    /// Sets the parameters: from a checkpoint, from published weights, or drawn anew.
    private func setWeights(_ description: ModelDescription) throws {
        if let name = configuration.checkpoints.resumeFrom {
            try restore(from: checkpoints.resolve(name))
            try metrics.truncate(afterStep: state.step)
            notes.append("resumed after step \(state.step)")
        } else if configuration.model.loadsWeights {
            try clip.loadWeights(from: description.openWeights())
            notes.append("weights loaded from \(description.weightsPath ?? "")")
            try startMetrics()
        } else {
            clip.store.initialize(seed: UInt64(bitPattern: Int64(configuration.seed)))
            notes.append("weights drawn from scratch with seed \(configuration.seed)")
            try startMetrics()
        }
    }

    private func startMetrics() throws {
        try AtomicFile.write([], to: metrics.path)
    }
}
