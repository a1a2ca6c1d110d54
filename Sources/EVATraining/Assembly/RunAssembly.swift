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
    /// The ranks that take each step together.
    let ranks: ParallelContext
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
    /// - Throws: `UsageError` for one of several processes that have not joined; whatever else keeps
    ///   the run from starting, each a typed error of one clear line.
    init(_ configuration: TrainingConfiguration, device: Device, ranks: ParallelContext) throws {
        let mesh = ranks.mesh
        let bestMetric = try BestMetric(configuration)
        let source = try RunModel(configuration)
        let description = source.description
        try TrainingSupport.check(
            description.configuration, name: configuration.model.name, on: ranks,
            environment: ProcessInfo.processInfo.environment)
        let evaluation = try RunEvaluation(configuration, for: description, on: ranks)
        let data = try TrainingData(
            configuration.data, model: description.configuration,
            preprocessing: description.preprocessing, seed: configuration.seed,
            dataRank: mesh.dataWorldRank, dataWorldSize: mesh.dataWorldSize)
        let plan = try StepPlan(configuration, data)
        let start = try TrainingState(
            configuration, data: data, plan: plan, mesh: mesh,
            totalSteps: try plan.totalSteps(configuration), model: description)
        var memory = TrainingMemory(
            configuration, model: description.configuration, plan: plan,
            arrangement: Arrangement(
                mesh: mesh, shardingStage: configuration.distribution.shardingStage))
        if device == .cpu { try memory.require(configuration) }
        let copyNote = device == .cpu ? memory.fitCheckpoint(into: .total) : nil
        let claim = try OutputClaim(configuration, on: ranks)
        var notes = (evaluation?.notes ?? []) + claim.notes
        let model = TrainedModel(
            configuration, model: description.configuration, device: device, ranks: ranks
        ) { notes.append($0) }
        notes += plan.notes(configuration)
        if let notice = LossArrangement(configuration.loss).notice(ranks: ranks.dataRanks.size) {
            notes.append(notice)
        }
        ranks.enter("loading weights")
        let begin = try RunStart(
            configuration, source, claim: claim, plan: plan, state: start, readers: ranks.dataRanks,
            setting: model)
        notes += begin.notes + (copyNote.map { [$0] } ?? [])

        step = TrainingStep(
            configuration, model: model, plan: plan,
            schedule: LearningRateSchedule(
                configuration.optimization.schedule, totalSteps: begin.state.totalSteps,
                start: begin.state.scheduleStart),
            loss: ContrastiveLoss(configuration.loss, over: ranks.dataRanks),
            ranks: ranks, device: device)
        cadence = Cadence(
            configuration, totalSteps: begin.state.totalSteps, stepsPerEpoch: plan.stepsPerEpoch)
        files = RunFiles(
            configuration, preprocessing: description.preprocessing, claim: claim,
            ranks: ranks, savedStep: claim.checkpoint == nil ? nil : begin.state.step,
            copiesState: copyNote == nil)
        faults = StepFaults(
            model: model, data: data, files: files, precision: configuration.precision,
            device: device)
        model.clip.store.sharding?.settle()
        state = begin.state
        self.device = device
        self.ranks = ranks
        self.data = data
        self.plan = plan
        self.memory = memory
        self.model = model
        self.evaluation = evaluation
        self.bestMetric = bestMetric
        self.notes = notes
    }
}
