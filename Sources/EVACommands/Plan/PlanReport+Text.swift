internal import EVAConfiguration
internal import EVATraining
internal import Foundation
internal import TorchParallel

// The table.
extension PlanReport {
    /// The arrangements, the best one in detail, and what is assumed.
    func text(rowLimit: Int) -> String {
        var lines = heading
        let fitting = plans.filter(\.isFitting)
        if isChosen {
            lines += ["", "\(fitting.count) of \(plans.count) arrangements fit" + least]
            let shown = fitting.isEmpty ? Array(leastNeedy.prefix(rowLimit)) : fitting
            lines += [Self.columns] + shown.prefix(rowLimit).map(row)
            if shown.count > rowLimit { lines.append("and \(shown.count - rowLimit) more; --top") }
        }
        if let plan = isChosen ? fitting.first ?? leastNeedy.first : plans.first {
            lines += [""] + details(plan)
        }
        return (lines + [""] + notes.map { "note: \($0)" } + assumptions.map { "- \($0)" })
            .joined(separator: "\n")
    }

    private var heading: [String] {
        let (configuration, machine) = (run.configuration, run.machine)
        let compute = configuration.precision.compute
        return [
            "\(name): \(run.model.parameterCount) parameters, \(compute.rawValue), "
                + "\(configuration.optimization.optimizer.rawValue), "
                + "\(configuration.data.batchSize) samples a rank"
                + (configuration.precision.recomputesActivations ? ", --recompute" : ""),
            "\(ranks) ranks on \(machine.name), \(machine.ranksPerNode) a node: "
                + "\(Self.figure(machine.productRate(compute) / 1e12)) TFLOP/s, "
                + "\(Self.figure(machine.memoryRate / 1e9)) GB/s, "
                + "\(Self.size(machine.memoryBytes)); in the node "
                + "\(Self.figure(machine.node.rate / 1e9)) GB/s, between nodes "
                + "\(Self.figure(machine.network.rate / 1e9)) GB/s",
        ]
    }

    private var leastNeedy: [TrainingPlan] { plans.sorted { $0.neededBytes < $1.neededBytes } }

    /// Where nothing fits, what comes nearest is shown.
    private var least: String {
        plans.contains(where: \.isFitting)
            ? ", the fastest first:"
            : "; those that need least, of \(Self.size(run.machine.memoryBytes)):"
    }

    private static let columns = line(
        ["data", "sharding", "stage", "tensor", "GB a rank", "GB sent", "s a step", "samples/s"],
        "limit")

    private func row(_ plan: TrainingPlan) -> String {
        let mesh = plan.arrangement.mesh
        return Self.line(
            [
                "\(mesh.dataDegree)", "\(mesh.shardingDegree)",
                "\(plan.arrangement.shardingStage)", "\(mesh.tensorDegree)",
                Self.figure(plan.neededBytes / 1e9), Self.figure(plan.traffic.sentBytes / 1e9),
                Self.figure(plan.time.total), Self.figure(plan.samplesPerSecond),
            ], plan.time.limit.rawValue)
    }

    private func details(_ plan: TrainingPlan) -> [String] {
        let (mesh, stage) = (plan.arrangement.mesh, plan.arrangement.shardingStage)
        var flags = stage > 0 ? ["--sharding stage\(stage)"] : []
        if stage > 0 { flags.append("--sharding_parallel_degree \(mesh.shardingDegree)") }
        if mesh.tensorDegree > 1 { flags.append("--tensor_parallel_degree \(mesh.tensorDegree)") }
        if plan.recomputes { flags.append("--recompute") }
        let kinds = plan.memory.kinds.filter { $0.bytes >= 1 }.map {
            "  " + Self.left($0.label, 34) + Self.right(Self.size($0.bytes), 12)
        }
        let traffic = plan.traffic.rows.map { row in
            "  " + Self.left("\(row.group) (\(row.ranks)): \(row.operation.rawValue)", 34)
                + Self.right(Self.size(row.sentBytes), 12)
                + Self.right("\(row.calls) calls", 14)
        }
        let time = plan.time
        let parts: [(String, Double)] = [
            ("compute", time.compute), ("memory", time.memory),
            ("network inside the node", time.node), ("network between nodes", time.network),
            ("(messages behind it)", time.hidden),
        ]
        return [
            "data \(mesh.dataDegree) x sharding \(mesh.shardingDegree) x tensor "
                + "\(mesh.tensorDegree)"
                + (flags.isEmpty ? "" : ": " + flags.joined(separator: " ")),
            "memory of a rank: \(Self.size(plan.neededBytes)) of "
                + "\(Self.size(run.machine.memoryBytes))"
                + (plan.isFitting ? "" : ": DOES NOT FIT") + "; at most in: "
                + plan.memory.step.name,
        ] + kinds + ["sent by a rank in a step: \(Self.size(plan.traffic.sentBytes))"]
            + traffic + [
                "a step: \(Self.figure(time.total)) s for \(plan.samplesPerStep) samples, "
                    + "\(Self.figure(plan.samplesPerSecond)) a second; "
                    + "\(Self.figure(plan.work.operations / 1e12)) TFLOP a rank; the limit is "
                    + time.limit.rawValue
            ]
            + parts.map {
                "  " + Self.left($0.0, 34) + Self.right(Self.figure($0.1) + " s", 12)
            }
    }

    // MARK: Cells

    private static func line(_ cells: [String], _ last: String) -> String {
        cells.map { right($0, 10) }.joined() + "  " + last
    }

    /// Three digits that count, and all before the point.
    private static func figure(_ value: Double) -> String {
        if value >= 100 || value == 0 { return String(format: "%.0f", value) }
        let digits = max(0, 2 - Int(log10(abs(value)).rounded(.down)))
        return String(format: "%.\(min(digits, 9))f", value)
    }

    private static func size(_ bytes: Double) -> String {
        let units: [(name: String, bytes: Double)] = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
        guard let unit = units.first(where: { bytes >= $0.bytes }) else {
            return figure(bytes) + " B"
        }
        return figure(bytes / unit.bytes) + " " + unit.name
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
