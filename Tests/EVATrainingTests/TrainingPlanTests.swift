import EVAConfiguration
import Testing
import TorchParallel

@testable import EVATraining

/// What a plan says of time, and which arrangements it puts first.
@Suite struct TrainingPlanTests {
    private func run(
        _ name: String, batchSize: Int, machine: String = "h100",
        _ change: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws -> TrainingPlan.Run {
        var configuration = TrainingConfiguration(
            model: ModelSource(name: name), outputDirectory: "")
        configuration.data.batchSize = batchSize
        configuration.precision.compute = .bfloat16
        change(&configuration)
        return TrainingPlan.Run(
            configuration, model: try ModelPreset.named(name).configuration, textLength: nil,
            machine: try #require(Machine.presets[machine]))
    }

    private func plan(
        _ run: TrainingPlan.Run, data: Int = 1, sharding: Int = 1, stage: Int = 0, tensor: Int = 1
    ) -> TrainingPlan {
        TrainingPlan(
            run,
            Arrangement(
                mesh: DeviceMesh(data: data, sharding: sharding, tensor: tensor, rank: 0),
                shardingStage: stage))
    }

    @Test("The operations of a step are three times a forward pass's")
    func operations() throws {
        // Forward of an image and a text, from open_clip's table of model profiles.
        for (name, billions) in [
            ("EVA02-CLIP-B-16", 41.09), ("EVA02-CLIP-L-14", 175.33), ("EVA01-CLIP-g-14", 547.36),
        ] {
            let work = plan(try run(name, batchSize: 1)).work
            // Attention's backward is two and a half times its forward.
            let forward = work.products / 3 + work.attention / 3.5
            #expect(abs(forward / (billions * 1e9) - 1) < 0.01, "\(name): \(forward / 1e9)")
            #expect(work.attention > 0.02 * work.products && work.attention < 0.2 * work.products)
        }
        let kept = plan(try run("EVA02-CLIP-B-16", batchSize: 1)).work
        let again = plan(
            try run("EVA02-CLIP-B-16", batchSize: 1) { $0.precision.recomputesActivations = true }
        ).work
        #expect(abs(again.operations / kept.operations - 4.0 / 3) < 0.02)
        let halves = plan(try run("EVA02-CLIP-B-16", batchSize: 1), tensor: 2).work
        #expect(abs(halves.operations * 2 / kept.operations - 1) < 0.02)
    }

    @Test("What limits a step is told: products, memory, or either network")
    func limits() throws {
        var run = try run("EVA02-CLIP-B-16", batchSize: 256)
        var slow = run.machine
        slow.productRates = [.bfloat16: 1e12]
        #expect(plan(with(&run, slow), data: 8).time.limit == .compute)
        slow = try #require(Machine.presets["h100"])
        slow.memoryRate = 1e9
        #expect(plan(with(&run, slow), data: 8).time.limit == .memory)
        slow = try #require(Machine.presets["h100"])
        slow.node.rate = 1e8
        #expect(plan(with(&run, slow), data: 8).time.limit == .node)
        slow.node.rate = 1e12
        slow.network.rate = 1e6
        let between = plan(with(&run, slow), data: 16).time
        #expect(between.limit == .network && between.node == 0)
        // The same sixteen ranks on one node do not touch the network.
        slow.ranksPerNode = 16
        #expect(plan(with(&run, slow), data: 16).time.network == 0)
    }

    private func with(_ run: inout TrainingPlan.Run, _ machine: Machine) -> TrainingPlan.Run {
        TrainingPlan.Run(run.configuration, model: run.model, textLength: nil, machine: machine)
    }

    @Test("Shards within a node leave little for the network between nodes")
    func axes() throws {
        let run = try run("EVA02-CLIP-bigE-14", batchSize: 16)
        let inside = plan(run, data: 8, sharding: 8, stage: 2)
        let across = plan(run, data: 1, sharding: 64, stage: 2)
        func sent(_ plan: TrainingPlan, _ group: RankGroup) -> Double {
            plan.traffic.rows(of: group).reduce(0) { $0 + $1.sentBytes }
        }
        #expect(sent(inside, .data) < sent(inside, .sharding) / 4)
        #expect(sent(across, .data) == 0)
        #expect(inside.time.network < across.time.network)
        #expect(inside.samplesPerStep == 64 * 16)
    }

    @Test("All arrangements of 1,024 ranks are found, and the fastest comes first")
    func search() throws {
        let run = try run("EVA02-CLIP-bigE-14-plus", batchSize: 32)
        let plans = TrainingPlan.all(run, ranks: 1024)
        for plan in plans {
            let mesh = plan.arrangement.mesh
            #expect(mesh.worldSize == 1024)
            #expect(mesh.shardingDegree > 1 || plan.arrangement.shardingStage == 0)
            #expect(TensorDivision.obstacle(to: mesh.tensorDegree, in: run.model) == nil)
        }
        // 16 and 20 heads: tensor degrees 1, 2 and 4; 10, 9 and 8 sharding degrees above 1.
        #expect(plans.count == 3 + 3 * (10 + 9 + 8))
        let speeds = plans.map(\.samplesPerSecond)
        for (faster, slower) in zip(speeds, speeds.dropFirst()) { #expect(slower < 1.03 * faster) }
        #expect(speeds[0] > 1.5 * (speeds.last ?? 0))
        // Five billion parameters and their moments do not fit on one GPU; a share of them does.
        let whole = plans.filter { $0.arrangement.shardingStage == 0 }
        #expect(whole.contains { !$0.isFitting } && plans.contains(where: \.isFitting))
        #expect(plan(run, data: 1024).isFitting == false)
    }

    @Test("A degree that divides no heads is told, with what it does not divide")
    func tensorDegrees() throws {
        let large = try ModelPreset.named("EVA02-CLIP-L-14").configuration
        #expect(TensorDivision.degrees(of: large) == [1, 2])
        #expect(
            TensorDivision.obstacle(to: 4, in: large)
                == "2730 features of the vision tower's feed-forward")
        let base = try ModelPreset.named("EVA02-CLIP-B-16").configuration
        #expect(TensorDivision.degrees(of: base) == [1, 2, 4])
    }
}
