internal import EVAConfiguration
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch
internal import TorchParallel

// The tensors of a run.
extension TrainedModel {
    /// Makes the tensors; the weights are not set.
    ///
    /// - Parameters:
    ///   - ranks: the ranks that train the model together.
    ///   - note: receives a line for each tower that is locked.
    init(
        _ configuration: TrainingConfiguration, model: ModelConfiguration, device: Device,
        ranks: ParallelContext, note: (String) -> Void
    ) {
        let optimization = configuration.optimization
        clip = CLIP(model, device: device, layerParts: ranks.layerParts)
        // CLIP's loss does not depend on the bias, which then stays as it is.
        clip.logitBias?.isTrained = configuration.loss.kind == .sigmoid
        Self.lock(optimization, of: clip.store.parameters, note: note)
        let store = clip.store
        store.makeUnits(
            computeDType: configuration.precision.computeDType, over: ranks,
            stage: .init(rawValue: configuration.distribution.shardingStage) ?? .nothing)
        optimizer = Optimizer(
            Self.grouping(optimization).groups(of: store.parameters), over: store,
            rule: Self.rule(optimization))
        average = optimization.emaDecay.map {
            WeightAverage(of: store, decay: $0, isBiasCorrected: optimization.correctsAverage)
        }
        lossSum = Tensor.full([], 0, device: device)
        gradientNorm = Tensor.full([], 0, device: device)
    }

    private static func grouping(_ configuration: OptimizationConfiguration) -> ParameterGrouping {
        func rates(_ tower: OptimizationConfiguration.Tower) -> TowerRates {
            TowerRates(
                learningRate: tower.learningRate, weightDecay: tower.weightDecay,
                layerDecay: tower.layerDecay)
        }
        return ParameterGrouping(
            visual: rates(configuration.visual),
            other: TowerRates(
                learningRate: configuration.logitScaleLearningRate, weightDecay: 0, layerDecay: 1),
            text: rates(configuration.text))
    }

    private static func rule(_ configuration: OptimizationConfiguration) -> any UpdateRule {
        switch configuration.optimizer {
        case .adamW:
            AdamW(
                beta1: configuration.beta1, beta2: configuration.beta2,
                epsilon: configuration.resolvedEpsilon)
        case .lamb:
            LAMB(
                beta1: configuration.beta1, beta2: configuration.beta2,
                epsilon: configuration.resolvedEpsilon)
        case .lion:
            Lion(beta1: configuration.beta1, beta2: configuration.beta2)
        }
    }

    /// Takes locked towers out of training.
    private static func lock(
        _ configuration: OptimizationConfiguration, of parameters: [Parameter],
        note: (String) -> Void
    ) {
        let towers: [(ParameterGroup.Tower, OptimizationConfiguration.Tower)] = [
            (.visual, configuration.visual), (.text, configuration.text),
        ]
        for (tower, settings) in towers where settings.isLocked {
            let count = ParameterGrouping.lock(
                tower, of: parameters, unlockedGroups: settings.unlockedGroups)
            note("--lock_\(tower.rawValue): \(count) tensors of the tower stay as they are")
        }
    }
}
