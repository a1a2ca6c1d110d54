import EVAConfiguration
import EVAData
import EVAModels
import EVATestSupport
import Testing
import Torch
import TorchParallel

@testable import EVATraining

/// The formulas of what a step moves, against what the collectives count.
@Suite struct StepTrafficTests {
    @Test(
        "The loss moves what the plan says", arguments: [2, 3, 4],
        LossConfiguration.Kind.allCases)
    func loss(ranks: Int, kind: LossConfiguration.Kind) throws {
        let (rows, width) = (3, 16)
        for (masks, gathering, isLocal) in [
            (false, LossConfiguration.Gathering.ring, false), (true, .ring, false),
            (false, .all, false), (true, .all, true),
        ] {
            var configuration = LossConfiguration()
            configuration.kind = kind
            configuration.masksDuplicates = masks
            configuration.gathering = gathering
            configuration.isLocal = isLocal
            let settings = configuration
            let counted = try ThreadedProcessGroup.run(size: ranks) { group in
                let traffic = Traffic()
                let metered = MeteredGroup(
                    group, name: RankGroup.dataRanks.rawValue, traffic: traffic)
                func leaf(_ values: [Float], _ shape: [Int]) -> Tensor {
                    let leaf = Tensor(values, shape: shape)
                    leaf.requiresGradient = true
                    return leaf
                }
                func features() -> Tensor {
                    leaf((0..<rows * width).map { Float($0 % 5) }, [rows, width])
                }
                let keys = Tensor((0..<rows).map { Int64($0) }, shape: [rows])
                let loss = try ContrastiveLoss(settings, over: metered)(
                    images: features(), texts: features(), logitScale: leaf([1], []),
                    logitBias: leaf([0], []), keys: .init(images: keys, texts: keys))
                try Tensor.backward([loss], [nil])
                return traffic.rows
            }
            let planned = StepTraffic.loss(
                settings, rowCount: rows, width: width,
                mesh: DeviceMesh(data: ranks, sharding: 1, tensor: 1, rank: 0))
            for rank in counted { #expect(rank == planned) }
            #expect(!planned.isEmpty)
        }
    }

    // MARK: Whole steps

    /// One step of a tiny model on ranks that are threads, against what is planned for it.
    private func expectPlanned(
        _ ranks: Int, sharding: Int = 1, stage: Int = 0, tensor: Int = 1, _ flags: [String] = [],
        location: SourceLocation = #_sourceLocation
    ) throws {
        let tiny = try TinyTraining()
        let words = (stage > 0 ? ["--sharding", "stage\(stage)"] : []) + flags
        let configuration = try tiny.configuration(
            "run", words + ["--per_device_train_batch_size", "2"])
        let outcomes = try ThreadedProcessGroup.run(size: ranks) { group in
            let context = try ParallelContext(over: group, sharding: sharding, tensor: tensor)
            let parts = try RunAssembly(configuration, device: .cpu, ranks: context)
            let batches = BatchStager(
                try parts.data.batches(
                    from: parts.state, plan: parts.plan, badSamples: BadSampleLog()),
                device: .cpu)
            defer { batches.stop() }
            context.traffic.reset()
            #expect(try parts.step(after: parts.state, from: batches) == nil)
            let planned = StepTraffic(
                configuration, model: parts.model.clip.configuration, plan: parts.plan,
                arrangement: Arrangement(mesh: context.mesh, shardingStage: stage),
                textLength: Self.textLength)
            return (counted: context.traffic.rows, planned: planned.rows)
        }
        for (counted, planned) in outcomes {
            #expect(counted == planned, "\(ranks) \(words)", sourceLocation: location)
            #expect(!counted.isEmpty, sourceLocation: location)
        }
    }

    /// Ready tensors have so many tokens up to their end.
    private static let textLength = 5

    @Test("A step moves what is planned, in every stage of sharding", arguments: [0, 1, 2, 3])
    func stagesCounted(stage: Int) throws {
        try expectPlanned(2, sharding: stage == 0 ? 1 : 2, stage: stage)
        try expectPlanned(
            4, sharding: stage == 0 ? 1 : 2, stage: stage,
            ["--bf16", "--optimizer", "lamb", "--gradient_accumulation_steps", "2"])
    }

    @Test("So does one over layers that are split, and with everything at once")
    func tensorAxisCounted() throws {
        try expectPlanned(2, tensor: 2)
        try expectPlanned(
            4, sharding: 2, stage: 3, tensor: 2,
            ["--recompute", "--contrastive_accumulation", "2", "--optimizer", "lamb"])
        try expectPlanned(
            4, sharding: 2, stage: 2, tensor: 2,
            ["--bf16", "--lock_visual", "--lock_visual_unlocked_groups", "2", "--mask_duplicates"])
    }

    // MARK: Large models

    private func traffic(
        _ mesh: DeviceMesh, stage: Int, _ change: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws -> (StepTraffic, ModelConfiguration) {
        let model = try ModelPreset.named("EVA02-CLIP-B-16").configuration
        var configuration = TrainingConfiguration(
            model: ModelSource(name: ""), outputDirectory: "")
        configuration.data.batchSize = 4
        change(&configuration)
        let plan = StepPlan(
            batchesPerEpoch: nil,
            accumulation: configuration.optimization.gradientAccumulationSteps,
            batchesPerLoss: configuration.loss.accumulation)
        return (
            StepTraffic(
                configuration, model: model, plan: plan,
                arrangement: Arrangement(mesh: mesh, shardingStage: stage)), model
        )
    }

    @Test("Every stage sends what ZeRO's paper says, for its gradients and weights in fp32")
    func stages() throws {
        // Rajbhandari et al., arXiv 1910.02054, section 7: 2, 2 and 3 times the parameters.
        let world = DeviceMesh(data: 1, sharding: 8, tensor: 1, rank: 0)
        let data = DeviceMesh(data: 8, sharding: 1, tensor: 1, rank: 0)
        let (plain, model) = try traffic(data, stage: 0)
        let loss = StepTraffic.loss(
            LossConfiguration(), rowCount: 4, width: model.embedWidth, mesh: data
        ).reduce(0) { $0 + $1.sentBytes }
        // Buffers begin at multiples of 64 elements, and shares fill them up.
        let whole = 4 * Double(model.parameterCount) * 7 / 8
        func expect(_ bytes: Double, _ times: Double) {
            #expect(abs((bytes - loss) / whole / times - 1) < 1e-3)
        }
        expect(plain.sentBytes, 2)
        expect(try traffic(world, stage: 1).0.sentBytes, 2)
        expect(try traffic(world, stage: 2).0.sentBytes, 2)
        // What no block reads is gathered once, for both passes.
        let blocks = ModelShape(model, OptimizationConfiguration()).units
            .filter(\.isBounded).reduce(0) { sum, unit in
                sum + unit.copies * unit.segments.reduce(0) { $0 + $1.count }
            }
        expect(
            try traffic(world, stage: 3).0.sentBytes,
            2 + Double(blocks) / Double(model.parameterCount))
    }

    @Test("Accumulated batches are summed once, or given away each time where none is kept")
    func accumulation() throws {
        let shards = DeviceMesh(data: 2, sharding: 2, tensor: 1, rank: 0)
        func bytes(_ stage: Int, _ group: RankGroup, times: Int) throws -> Int {
            try traffic(shards, stage: stage) {
                $0.optimization.gradientAccumulationSteps = times
                $0.optimization.optimizer = .adamW
            }.0.rows(of: group).filter { $0.operation != .gather }.reduce(0) {
                $0 + $1.tensorBytes
            }
        }
        for group in [RankGroup.sharding, .data] {
            #expect(try bytes(1, group, times: 3) == bytes(1, group, times: 1))
            #expect(try bytes(2, group, times: 3) == 3 * bytes(2, group, times: 1))
        }
    }

    @Test("A block is summed over its parts twice forward and twice backward")
    func tensorAxis() throws {
        let mesh = DeviceMesh(data: 1, sharding: 1, tensor: 2, rank: 0)
        let (plain, model) = try traffic(mesh, stage: 0)
        let rows = plain.rows(of: .tensor)
        #expect(plain.rows == rows && rows.map(\.operation) == [.sum, .gather])
        let (images, texts) = (4 * model.vision.tokenCount, 4 * model.text.contextLength)
        let layers = (model.vision.layerCount, model.text.layerCount)
        let sums =
            layers.0 * images * model.vision.width + layers.1 * texts * model.text.width
        // The words, and for two norms in every block of the vision tower two numbers a token.
        let words = texts * model.text.width
        let tensors = ModelShape(model, OptimizationConfiguration()).units.reduce(0) {
            $0 + $1.copies * $1.segments.count
        }
        let lamb = 2 * 4 * tensors
        #expect(rows[0].tensorBytes == 4 * (4 * sums + words + 2 * 2 * layers.0 * images) + lamb)
        #expect(rows[0].calls == 4 * (layers.0 + layers.1) + 1 + 2 * layers.0 + 1)
        #expect(rows[1].calls == 2 * layers.0 + 1)
        let again = try traffic(mesh, stage: 0) { $0.precision.recomputesActivations = true }.0
        #expect(again.rows[0].calls == 6 * (layers.0 + layers.1) + 1 + 2 * layers.0 + 1)
        #expect(again.rows[1].calls == 4 * layers.0 + 1)
    }
}
