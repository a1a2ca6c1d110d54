internal import EVAConfiguration
internal import EVAModels
internal import EVAOptimization
internal import TorchParallel

// The state of a run that starts anew.
extension TrainingState {
    init(
        _ configuration: TrainingConfiguration, data: TrainingData, plan: StepPlan,
        mesh: DeviceMesh, totalSteps: Int, model: ModelDescription
    ) throws {
        let optimization = configuration.optimization
        self.init(
            totalSteps: totalSteps, seed: configuration.seed, dataName: data.name,
            dataCount: data.sampleCount ?? 0,
            batchSize: configuration.data.batchSize * mesh.dataWorldSize,
            gradientAccumulationSteps: plan.lossesPerStep,
            contrastiveAccumulation: plan.batchesPerLoss,
            optimizer: optimization.optimizer.rawValue, emaDecay: optimization.emaDecay,
            lossScale: configuration.precision.compute == .float16
                ? LossScale(configuration.precision.initialLossScale) : nil)
        averagedSteps = optimization.emaDecay.map { _ in 0 }
        settings = try RunSettings(
            configuration, model: model.configuration, preprocessing: model.preprocessing)
    }
}
