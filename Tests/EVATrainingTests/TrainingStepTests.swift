import EVAConfiguration
import EVAData
import EVALayers
import EVAModels
import EVAOptimization
import EVATestSupport
import Foundation
import Testing
import Torch
import TorchParallel

@testable import EVATraining

/// Steps by themselves, without a run's files.
@Suite struct TrainingStepTests {
    private let tiny: TinyTraining
    private let parts: RunAssembly
    private let configuration: TrainingConfiguration

    init() throws {
        tiny = try TinyTraining()
        configuration = try tiny.configuration("a")
        parts = try RunAssembly(configuration, device: .cpu, ranks: .single)
    }

    /// Asks for more memory than there is.
    private static func exhaustMemory() {
        _ = Tensor.empty([1 << 50], dtype: .float32, device: .cpu)
    }

    /// Moves the weights a little, and has no memory for the rest.
    private struct HalfUpdate: UpdateRule {
        let beta1 = 0.9
        let beta2 = 0.99

        func apply(_ update: FlatUpdate, step: Int) {
            update.parameters.fill(1)
            exhaustMemory()
        }
    }

    /// Batches that end.
    private final class NoBatches: BatchSupply {
        let waitSeconds = 0.0
        let streamPosition: StreamPosition? = nil
        let tally = DataTally()

        func next() -> HostBatch? { nil }

        func stop() {}
    }

    private func step(_ rule: some UpdateRule) -> TrainingStep {
        let model = parts.model
        return TrainingStep(
            configuration,
            model: TrainedModel(
                clip: model.clip,
                optimizer: Optimizer(
                    model.optimizer.groups, over: model.clip.store, rule: rule),
                average: nil, lossSum: model.lossSum, gradientNorm: model.gradientNorm),
            plan: parts.plan, schedule: LearningRateSchedule(warmupSteps: 0, totalSteps: 6),
            loss: ContrastiveLoss(), ranks: parts.ranks, device: .cpu)
    }

    private func batches() throws -> any BatchSupply {
        try parts.data.batches(from: parts.state, plan: parts.plan, badSamples: BadSampleLog())
    }

    private var weights: [[Float]] { parts.model.clip.store.parameters.map { $0.master.floats() } }

    @Test("A step moves the weights, keeps no gradients and can be saved after")
    func taken() throws {
        let before = weights
        let step = step(AdamW())
        let batches = BatchStager(try batches(), device: .cpu)
        defer { batches.stop() }
        #expect(try step(after: parts.state, from: batches) == nil)
        #expect(weights != before && step.isBetweenSteps)
        #expect(step.model.lossSum.item() > 0 && step.model.gradientNorm.item() > 0)
        #expect(parts.model.clip.store.parameters.allSatisfy { $0.gradient == nil })
    }

    @Test("Weights of half an update are not saved")
    func brokenUpdate() throws {
        let step = step(HalfUpdate())
        let batches = BatchStager(try batches(), device: .cpu)
        defer { batches.stop() }
        #expect(throws: TorchError.self) { try step(after: parts.state, from: batches) }
        #expect(!step.isBetweenSteps)
        #expect(parts.model.clip.store.parameters.allSatisfy { $0.gradient == nil })
    }

    @Test("What fails before the update leaves weights that can be saved")
    func brokenGradient() throws {
        let before = weights
        let step = step(AdamW())
        let batches = BatchStager(NoBatches(), device: .cpu)
        #expect(throws: TrainingError.self) { try step(after: parts.state, from: batches) }
        #expect(step.isBetweenSteps && weights == before)
    }
}
