internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Foundation
internal import Torch
internal import TorchParallel

/// The parts of a run, built from its configuration, each out of those before it.
struct RunAssembly {
    let device: Device
    let data: TrainingData
    let plan: StepPlan
    /// What a step needs in memory, by estimate.
    let memory: TrainingMemory
    /// With the weights that the run begins with.
    let model: TrainedModel
    let step: TrainingStep
    let cadence: Cadence
    let files: RunFiles
    let faults: StepFaults
    let evaluation: RunEvaluation?
    /// What tells the best checkpoint; nil where none is looked for.
    let bestMetric: BestMetric?
    /// Where the run begins.
    let state: TrainingState
    /// Words for the person who started the run.
    let notes: [String]

    /// Builds a run and restores a checkpoint where one is named.
    ///
    /// What costs nothing is checked first: settings, data and memory before the output folder is
    /// taken, and the folder before the network is built.
    ///
    /// - Throws: `UsageError` for one of several processes; whatever else keeps the run from
    ///   starting, each a typed error of one clear line.
    init(_ configuration: TrainingConfiguration, device: Device) throws {
        let environment = ProcessInfo.processInfo.environment
        if let refusal = TrainingSupport.refusal(environment: environment) {
            throw UsageError(refusal)
        }
        let mesh = DeviceMesh.single
        let bestMetric = try BestMetric(configuration)
        let source = try RunModel(configuration)
        let description = source.description
        let evaluation = try RunEvaluation(configuration, for: description)
        let data = try TrainingData(
            configuration.data, model: description.configuration,
            preprocessing: description.preprocessing, seed: configuration.seed,
            dataRank: mesh.dataWorldRank, dataWorldSize: mesh.dataWorldSize)
        let plan = try StepPlan(configuration, data)
        let start = try TrainingState(
            configuration, data: data, plan: plan,
            totalSteps: try plan.totalSteps(configuration), model: description)
        let memory = TrainingMemory(configuration, model: description.configuration, plan: plan)
        if device == .cpu { try memory.require(configuration) }
        let claim = try OutputClaim(configuration)
        var notes = (evaluation?.notes ?? []) + claim.notes
        let model = TrainedModel(
            configuration, model: description.configuration, device: device
        ) { notes.append($0) }
        notes += plan.notes(configuration)
        let begin = try RunStart(
            configuration, source, claim: claim, plan: plan, state: start, setting: model)
        notes += begin.notes

        step = TrainingStep(
            configuration, model: model, plan: plan,
            schedule: LearningRateSchedule(
                configuration.optimization.schedule, totalSteps: begin.state.totalSteps,
                start: begin.state.scheduleStart),
            loss: ContrastiveLoss(
                configuration.loss.kind, masksDuplicates: configuration.loss.masksDuplicates),
            device: device)
        cadence = Cadence(
            configuration, totalSteps: begin.state.totalSteps, stepsPerEpoch: plan.stepsPerEpoch)
        files = RunFiles(
            configuration, preprocessing: description.preprocessing, claim: claim,
            savedStep: claim.checkpoint == nil ? nil : begin.state.step)
        faults = StepFaults(
            model: model, data: data, files: files, precision: configuration.precision,
            device: device)
        state = begin.state
        self.device = device
        self.data = data
        self.plan = plan
        self.memory = memory
        self.model = model
        self.evaluation = evaluation
        self.bestMetric = bestMetric
        self.notes = notes
    }
}
