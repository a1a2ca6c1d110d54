import EVAConfiguration
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
        for masks in [false, true] {
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
                try ContrastiveLoss(kind, masksDuplicates: masks, group: metered)(
                    images: features(), texts: features(), logitScale: leaf([1], []),
                    logitBias: leaf([0], []), keys: .init(images: keys, texts: keys)
                ).backward()
                return traffic.rows
            }
            var configuration = LossConfiguration()
            configuration.kind = kind
            configuration.masksDuplicates = masks
            let planned = StepTraffic.loss(
                configuration, rowCount: rows, width: width,
                mesh: DeviceMesh(data: ranks, sharding: 1, tensor: 1, rank: 0))
            for rank in counted { #expect(rank == planned) }
            #expect(!planned.isEmpty)
        }
    }

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
                arrangement: Arrangement(mesh: mesh, shardingStage: stage), sumsHalf: true), model
        )
    }

    @Test(
        "Every stage moves a gradient's sum and, but for stage 0, the weights, as ZeRO's paper says"
    )
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
        expect(try traffic(world, stage: 1).0.sentBytes, 3)
        expect(try traffic(world, stage: 2).0.sentBytes, 2)
        expect(try traffic(world, stage: 3).0.sentBytes, 3)
        let half = try traffic(world, stage: 3) { $0.precision.compute = .bfloat16 }
        #expect(half.0.sentBytes < 0.85 * (try traffic(world, stage: 3).0.sentBytes))
    }

    @Test("Accumulated batches are summed once, or given away each time where none is kept")
    func accumulation() throws {
        let data = DeviceMesh(data: 4, sharding: 1, tensor: 1, rank: 0)
        let shards = DeviceMesh(data: 2, sharding: 2, tensor: 1, rank: 0)
        func bytes(_ mesh: DeviceMesh, _ stage: Int, _ group: RankGroup, times: Int) throws
            -> Double
        {
            try traffic(mesh, stage: stage) {
                $0.optimization.gradientAccumulationSteps = times
            }.0.rows(of: group).filter { $0.operation != .gather }.reduce(0) {
                $0 + Double($1.tensorBytes)
            }
        }
        let loss = StepTraffic.loss(
            LossConfiguration(), rowCount: 4, width: 512, mesh: data
        ).filter { $0.operation == .sumScatter }.reduce(0) { $0 + Double($1.tensorBytes) }
        #expect(
            try bytes(data, 0, .dataRanks, times: 3) - 3 * loss
                == bytes(data, 0, .dataRanks, times: 1) - loss)
        for group in [RankGroup.sharding, .data] {
            #expect(
                try bytes(shards, 2, group, times: 3) == 3 * bytes(shards, 2, group, times: 1))
        }
    }

    @Test("A block is summed over its parts twice forward and twice backward")
    func tensorAxis() throws {
        let mesh = DeviceMesh(data: 1, sharding: 1, tensor: 2, rank: 0)
        let (plain, model) = try traffic(mesh, stage: 0)
        let rows = plain.rows(of: .tensor)
        #expect(plain.rows == rows && rows.count == 1)
        let (images, texts) = (4 * model.vision.tokenCount, 4 * model.text.contextLength)
        let layers = (model.vision.layerCount, model.text.layerCount)
        let sums =
            4 * (layers.0 * images * model.vision.width + layers.1 * texts * model.text.width)
        let norms = 2 * 2 * layers.0 * 2 * images
        #expect(rows[0].tensorBytes == 4 * (sums + norms + texts * model.text.width))
        #expect(rows[0].calls == 4 * (layers.0 + layers.1) + 4 * layers.0 + 1)
        let again = try traffic(mesh, stage: 0) { $0.precision.recomputesActivations = true }.0
        #expect(again.rows[0].calls == 6 * (layers.0 + layers.1) + 6 * layers.0 + 1)
    }
}
