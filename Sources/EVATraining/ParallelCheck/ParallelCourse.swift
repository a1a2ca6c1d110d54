internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch
internal import TorchParallel

/// What a few steps did: the losses, the gradients of the first, and the weights after the last.
struct ParallelCourse {
    static let stepCount = 5

    private(set) var losses: [Double] = []
    /// Of the first step, clipped, whole, flat, on every rank: parameter by parameter.
    private(set) var gradients: [Tensor] = []
    /// After the last step, whole, flat.
    private(set) var weights: [Tensor] = []

    /// Takes the steps of a case together with the other ranks.
    ///
    /// - Parameter supply: gives a rank's batches; the real ones where nil.
    init(
        _ trial: ParallelCase, on ranks: ParallelContext, device: Device,
        supply: ((TrainingData, TrainingState, StepPlan) throws -> any BatchSupply)? = nil
    ) throws {
        let run = trial.configuration
        let mesh = ranks.mesh
        let data = try TrainingData(
            run.data, model: ParallelCase.model,
            preprocessing: PreprocessingConfiguration(
                imageSize: ParallelCase.model.vision.imageSize),
            seed: run.seed, dataRank: mesh.dataWorldRank, dataWorldSize: mesh.dataWorldSize)
        let plan = try StepPlan(run, data)
        var state = TrainingState(
            totalSteps: Self.stepCount, seed: run.seed, dataName: data.name,
            dataCount: data.sampleCount ?? 0, batchSize: ParallelCase.samplesPerBatch,
            gradientAccumulationSteps: plan.lossesPerStep,
            contrastiveAccumulation: plan.batchesPerLoss,
            optimizer: run.optimization.optimizer.rawValue)
        let model = TrainedModel(run, model: ParallelCase.model, device: device, ranks: ranks) {
            _ in
        }
        model.clip.store.initialize(seed: 7)
        model.clip.store.sharding?.settle()
        let step = TrainingStep(
            run, model: model, plan: plan,
            schedule: LearningRateSchedule(
                run.optimization.schedule, totalSteps: Self.stepCount),
            loss: ContrastiveLoss(run.loss, over: ranks.dataRanks), ranks: ranks, device: device)
        let batches = BatchStager(
            try supply?(data, state, plan)
                ?? data.batches(from: state, plan: plan, badSamples: BadSampleLog()),
            device: device)
        defer { batches.stop() }
        for _ in 0..<Self.stepCount {
            let fault = try step(after: state, from: batches)
            state.noteStep(fault, streamPosition: batches.streamPosition)
            losses.append(fault == nil ? model.lossSum.item() : .nan)
            model.lossSum.fill(0)
            if gradients.isEmpty { gradients = try Self.firstMoments(of: model) }
        }
        weights = try model.whileWhole {
            try model.clip.store.parameters.map {
                Self.flat(try model.clip.store.merged($0.master.detached(), as: $0))
            }
        }
    }

    /// After one step they are the gradient times a number.
    private static func firstMoments(of model: TrainedModel) throws -> [Tensor] {
        let gathering = MomentGathering(model.clip.store)
        var byName: [String: Tensor] = [:]
        for moment in model.optimizer.moments where moment.name.hasPrefix("first") {
            byName[moment.parameter.name] = flat(try gathering.whole(moment))
        }
        return model.clip.store.parameters.compactMap { byName[$0.name] }
    }

    /// A copy on the CPU that later steps do not change.
    private static func flat(_ tensor: Tensor) -> Tensor {
        withoutGradient {
            let copy = Tensor.empty([tensor.count], dtype: .float32, device: .cpu)
            copy.copy(from: tensor.reshaped([tensor.count]))
            return copy
        }
    }
}
