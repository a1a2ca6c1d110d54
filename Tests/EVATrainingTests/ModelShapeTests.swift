import EVAConfiguration
import EVALayers
import EVAModels
import EVAOptimization
import Testing
import Torch
import TorchParallel

@testable import EVATraining

/// The numbers that a plan counts with, against the buffers of real models.
@Suite struct ModelShapeTests {
    /// Every structure that the published models have, and others that configurations can ask for.
    private static let names = ModelPreset.published.map(\.name)

    private func plan(
        _ model: ModelConfiguration, batchSize: Int = 1,
        _ change: (inout TrainingConfiguration) -> Void = { _ in },
        arrangement: Arrangement = .single
    ) -> TrainingMemory {
        var configuration = TrainingConfiguration(
            model: ModelSource(name: ""), outputDirectory: "")
        configuration.data.batchSize = batchSize
        change(&configuration)
        return TrainingMemory(
            configuration, model: model,
            plan: StepPlan(batchesPerEpoch: nil, accumulation: 1), arrangement: arrangement)
    }

    private func bytes(_ tensors: [Tensor]) -> Double {
        Double(tensors.reduce(0) { $0 + $1.count * $1.dtype.byteCount })
    }

    @Test("Values, operands, moments and averages take the bytes of real tensors", arguments: names)
    func bytesOfTensors(name: String) throws {
        let model = try ModelPreset.named(name).configuration
        for (type, dtype) in [
            (PrecisionConfiguration.ComputeType.float32, DType.float32), (.bfloat16, .bfloat16),
        ] {
            let clip = CLIP(model, device: .meta)
            clip.store.makeUnits(computeDType: dtype)
            let units = clip.store.units
            let rates = TowerRates(learningRate: 1, weightDecay: 0, layerDecay: 1)
            let groups = ParameterGrouping(visual: rates, other: rates, text: rates)
                .groups(of: clip.store.parameters)
            for (rule, kind, count) in [
                (AdamW() as any UpdateRule, OptimizationConfiguration.Optimizer.adamW, 2),
                (Lion(), .lion, 1),
            ] {
                let memory = plan(model) {
                    $0.precision.compute = type
                    $0.optimization.optimizer = kind
                    $0.optimization.emaDecay = 0.9
                }
                #expect(memory.values == bytes(units.map(\.values)))
                #expect(memory.operands == bytes(units.compactMap(\.operands)))
                // Views without the gaps between them, so that each is counted by its buffer.
                let moments = Optimizer(groups, over: clip.store, rule: rule).moments
                #expect(moments.count == count * clip.store.parameters.count)
                #expect(memory.moments == Double(count) * bytes(units.map(\.values)))
                #expect(memory.average == bytes(units.map(\.values)))
            }
        }
    }

    @Test("Units have the real ones' numbers of elements, and a model its published parameters")
    func units() throws {
        // In millions, from open_clip's table of model profiles.
        let published: [String: Double] = [
            "EVA01-CLIP-g-14": 1136.44, "EVA01-CLIP-g-14-plus": 1366.62,
            "EVA02-CLIP-B-16": 149.69, "EVA02-CLIP-L-14": 427.76, "EVA02-CLIP-L-14-336": 428.08,
            "EVA02-CLIP-bigE-14": 4704.59, "EVA02-CLIP-bigE-14-plus": 5044.89,
        ]
        for name in Self.names {
            let model = try ModelPreset.named(name).configuration
            let clip = CLIP(model, device: .meta)
            clip.store.makeUnits(computeDType: .float32)
            let shape = ModelShape(model, OptimizationConfiguration())
            let counted = shape.units.flatMap { unit in
                Array(repeating: unit.count(tensorDegree: 1), count: unit.copies)
            }
            #expect(counted.sorted() == clip.store.units.map(\.count).sorted(), "\(name)")
            let elements = shape.units.reduce(0) { sum, unit in
                sum + unit.copies * unit.segments.reduce(0) { $0 + $1.count }
            }
            #expect(elements == model.parameterCount)
            let millions = Double(elements) / 1e6
            let expected = try #require(published[name])
            #expect(abs(millions - expected) < 0.01, "\(name): \(millions) million")
        }
    }

    @Test("What is locked has no moments", arguments: [0, 1, 2, 5, 13, 14])
    func locked(unlockedGroups: Int) throws {
        let model = try ModelPreset.named("EVA02-CLIP-B-16").configuration
        let clip = CLIP(model, device: .meta)
        for tower in [ParameterGroup.Tower.visual, .text] {
            _ = ParameterGrouping.lock(
                tower, of: clip.store.parameters, unlockedGroups: unlockedGroups)
        }
        clip.store.makeUnits(computeDType: .float32)
        let memory = plan(model) {
            for tower in [\OptimizationConfiguration.visual, \.text] {
                $0.optimization[keyPath: tower].isLocked = true
                $0.optimization[keyPath: tower].unlockedGroups = unlockedGroups
            }
        }
        let trained = clip.store.units.filter(\.isTrained).map(\.values)
        #expect(memory.moments == 2 * bytes(trained))
    }

    @Test("Shares of all ranks are the whole, but for what each holds whole")
    func shares() throws {
        let model = try ModelPreset.named("EVA02-CLIP-L-14").configuration
        func part(sharding: Int = 1, stage: Int = 0, tensor: Int = 1, batchSize: Int = 1)
            -> TrainingMemory
        {
            plan(
                model, batchSize: batchSize, { $0.precision.compute = .bfloat16 },
                arrangement: Arrangement(
                    mesh: DeviceMesh(data: 1, sharding: sharding, tensor: tensor, rank: 0),
                    shardingStage: stage))
        }
        let whole = part()
        let stage1 = part(sharding: 8, stage: 1)
        #expect(stage1.values == whole.values)
        #expect(stage1.moments * 8 == whole.moments)
        let stage2 = part(sharding: 8, stage: 2)
        #expect(stage2.values == whole.values)
        #expect(stage2.step.total < stage1.step.total)
        let stage3 = part(sharding: 8, stage: 3)
        #expect(stage3.values * 8 == whole.values)
        #expect(stage3.operands * 8 == whole.operands)
        #expect(stage3.tensors < stage2.tensors)
        // The stream's norms, biases behind sums, positions, patches and heads are on both.
        let halves = part(tensor: 2, batchSize: 64)
        #expect(halves.values * 2 > whole.values)
        #expect(halves.values * 2 < whole.values * 1.02)
        #expect(halves.step.activations < part(batchSize: 64).step.activations)
    }
}
