internal import ArgumentParser
internal import EVAConfiguration
internal import EVAModels
internal import EVATraining
internal import Foundation
internal import Torch
internal import TorchParallel

/// `evaclip plan`: what a run needs and how fast it is on so many ranks, before it is started.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Estimates memory, traffic and time of a training step on many ranks.",
        discussion: """
            Takes every flag of train besides its own, so a command line of train can be planned as \
            it is: those of the model, batch, precision, optimizer, loss and ranks count. With \
            --sharding, --sharding_parallel_degree or --tensor_parallel_degree that arrangement is \
            shown; without, all that fit, the fastest first. A machine's file is an object: \
            memory_gb, memory_gb_per_s, fp32_tflops, bf16_tflops, fp16_tflops, ranks_per_node, \
            node_gb_per_s, network_gb_per_s, each for one rank; optionally name, base_gb, host, \
            node_delay_us, network_delay_us, share_of_products, share_of_attention, \
            share_of_memory, share_of_network, share_of_space, share_hidden.
            """)

    private static let figures = FlagRange.above(0, to: 1e6)
    private static let lengths = FlagRange.from(1, to: 65536)
    private static let rows = FlagRange.from(1, to: 1000)

    @Option(
        help: FlagRange.processes.help(
            "Ranks of the run; as many as a launcher has started if not given."),
        transform: FlagRange.processes.integer)
    var ranks: Int?

    @Option(help: "a100, h100, h200 (nodes of eight), this (measured now), or a JSON file.")
    var machine = "this"

    @Option(
        help: FlagRange.processes.help(
            "Ranks on one node; what the machine says if not given, for this machine all."),
        transform: FlagRange.processes.integer)
    var ranksPerNode: Int?

    @Option(
        help: Self.figures.help(
            "GB/s that a rank sends to other nodes, in place of the machine's."),
        transform: Self.figures.number)
    var interconnect: Double?

    @Option(
        help: Self.lengths.help(
            "Tokens of the longest text in a batch; the model's context if not given."),
        transform: Self.lengths.integer)
    var textLength: Int?

    @Option(
        help: Self.rows.help("Arrangements that are listed.", usual: 12),
        transform: Self.rows.integer)
    var top = 12

    @Flag(help: "Print JSON, with all arrangements.")
    var json = false

    @Argument(parsing: .allUnrecognized, help: "Flags of train.")
    var training: [String] = []

    func run() throws {
        do {
            try plan()
        } catch let error as ParallelError {
            guard error.isUsage else { throw error }
            throw UsageError(error.description)
        }
    }

    private func plan() throws {
        // What a plan does not depend on need not be given.
        let words = ["--output_dir", ".", "--task_name", "shapes"] + training
        guard let flags = try FlagInput.read(words, verb: .train) else { return }
        var configuration = try TrainingConfiguration(flags: flags)
        let description = try ModelLocator.locate(configuration.model)
        var model = description.configuration
        if configuration.loss.kind == .sigmoid, model.initialLogitBias == nil {
            model.initialLogitBias = CLIP.usualLogitBias
        }
        let launch = try Launch(environment: ProcessInfo.processInfo.environment)
        let world = ranks ?? launch?.size ?? 1
        let wanted = try arrangement(configuration.distribution, flags, world: world, model: model)
        let run = TrainingPlan.Run(
            configuration, model: model, textLength: textLength,
            machine: try machine(
                for: configuration, launch: launch, world: world))
        guard launch?.rank ?? 0 == 0 else { return }

        var plans = wanted.map { [TrainingPlan(run, $0)] } ?? TrainingPlan.all(run, ranks: world)
        var notes: [String] = []
        if wanted == nil, !plans.contains(where: \.isFitting), !plans[0].recomputes {
            configuration.precision.recomputesActivations = true
            var again = run
            again.configuration = configuration
            plans = TrainingPlan.all(again, ranks: world)
            notes.append("without --recompute no arrangement fits; these are with it")
        }
        let report = PlanReport(
            run: run, name: description.name, ranks: world, plans: plans,
            isChosen: wanted == nil, notes: notes)
        print(json ? try report.json() : report.text(rowLimit: top))
    }

    /// The arrangement that flags ask for; nil where they ask for none.
    private func arrangement(
        _ distribution: DistributionConfiguration, _ flags: FlagValues, world: Int,
        model: ModelConfiguration
    ) throws -> Arrangement? {
        let names = ["sharding", "sharding_parallel_degree", "tensor_parallel_degree"]
        guard names.contains(where: flags.isGiven) else { return nil }
        // Without a stage nothing is sharded, whatever the degree.
        let isSharded = distribution.shardingStage > 0
        let mesh = try DeviceMesh(
            world: world, sharding: isSharded ? distribution.shardingDegree : 1,
            tensor: distribution.tensorDegree, rank: 0)
        if let obstacle = TensorDivision.obstacle(to: mesh.tensorDegree, in: model) {
            let degrees = TensorDivision.degrees(of: model).map(String.init)
            throw UsageError(
                "--tensor_parallel_degree \(mesh.tensorDegree): does not divide the \(obstacle); "
                    + "the model can be divided by \(degrees.joined(separator: ", "))")
        }
        return Arrangement(mesh: mesh, shardingStage: distribution.shardingStage)
    }

    private func machine(
        for configuration: TrainingConfiguration, launch: Launch?, world: Int
    ) throws -> Machine {
        var machine: Machine
        if let preset = Machine.presets[self.machine.lowercased()] {
            machine = preset
        } else if self.machine.lowercased() == "this" {
            machine = try measured(configuration, launch: launch, world: world)
        } else {
            guard let data = FileManager.default.contents(atPath: self.machine) else {
                let names = Machine.presets.keys.sorted().joined(separator: ", ")
                throw UsageError(
                    "--machine \(self.machine): expected \(names), this, or a JSON file that can be "
                        + "read")
            }
            machine = try Machine(json: data, source: self.machine)
        }
        if let ranksPerNode { machine.ranksPerNode = ranksPerNode }
        if let interconnect {
            machine.network.rate = interconnect * 1e9
            machine.sources.append("messages between nodes: --interconnect")
        }
        return machine
    }

    private func measured(
        _ configuration: TrainingConfiguration, launch: Launch?, world: Int
    ) throws -> Machine {
        let device = try ComputeDevice.prepare(
            named: configuration.device, threadCount: configuration.threadCount)
        let context = try ParallelContext(launch, timeout: .seconds(60))
        let local = launch?.localSize ?? 1
        let machine = try MachineMeasurement(
            of: device, type: configuration.precision.compute, context: context
        ).machine(
            ranksPerNode: ranksPerNode ?? (launch == nil ? world : local), localRanks: local)
        try context.leave()
        return machine
    }
}
