internal import EVAConfiguration
internal import EVATraining
internal import Foundation
internal import TorchParallel

/// What `evaclip plan` found.
struct PlanReport {
    let run: TrainingPlan.Run
    /// The model's.
    let name: String
    let ranks: Int
    /// The fastest first.
    let plans: [TrainingPlan]
    /// Whether the program chose the arrangements.
    let isChosen: Bool
    /// Words for the reader.
    let notes: [String]

    /// What is assumed rather than known, a line each.
    var assumptions: [String] {
        let shares = run.machine.shares
        func percent(_ share: Double) -> String { String(format: "%.0f %%", share * 100) }
        return run.machine.sources + [
            "assumed: products reach \(percent(shares.products)) of their peak, attention "
                + "\(percent(shares.attention)), memory \(percent(shares.memory)), networks "
                + "\(percent(shares.network)); messages hide behind \(percent(shares.hidden)) of the "
                + "computation that they can go beside; \(percent(shares.space)) of the memory can be "
                + "filled",
            "assumed: texts of \(run.textLength) tokens; data that is never waited for",
            "bytes sent: of a rank, along rings: 2 (n - 1) / n of a tensor that n ranks sum, "
                + "(n - 1) / n of one that they gather or whose sum they scatter",
        ]
    }

    /// JSON with all plans.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(PlanDocument(self)), as: UTF8.self)
    }
}

/// The contract of `plan --json`.
private struct PlanDocument: Encodable {
    let model: String
    let parameters: Int
    let ranks: Int
    let perDeviceBatchSize: Int
    let precision: String
    let optimizer: String
    let machine: Figures
    let plans: [Plan]
    let notes: [String]
    let assumptions: [String]

    struct Figures: Encodable {
        let name: String
        let memoryBytes: Double
        let productsPerSecond: Double
        let memoryBytesPerSecond: Double
        let ranksPerNode: Int
        let nodeBytesPerSecond: Double
        let networkBytesPerSecond: Double
    }

    struct Plan: Encodable {
        let data: Int
        let sharding: Int
        let stage: Int
        let tensor: Int
        let recompute: Bool
        let fits: Bool
        let memory: [String: Int]
        let neededBytes: Int
        let traffic: [Row]
        let sentBytes: [String: Int]
        let operations: Double
        let stepSeconds: [String: Double]
        let samplesPerStep: Int
        let samplesPerSecond: Double
        let limit: String

        struct Row: Encodable {
            let axis: String
            let operation: String
            let calls: Int
            let tensorBytes: Int
            let sentBytes: Int
        }
    }

    init(_ report: PlanReport) {
        let (run, machine) = (report.run, report.run.machine)
        let compute = run.configuration.precision.compute
        model = report.name
        parameters = run.model.parameterCount
        ranks = report.ranks
        perDeviceBatchSize = run.configuration.data.batchSize
        precision = compute.rawValue
        optimizer = run.configuration.optimization.optimizer.rawValue
        self.machine = Figures(
            name: machine.name, memoryBytes: machine.memoryBytes,
            productsPerSecond: machine.productRate(compute),
            memoryBytesPerSecond: machine.memoryRate, ranksPerNode: machine.ranksPerNode,
            nodeBytesPerSecond: machine.node.rate, networkBytesPerSecond: machine.network.rate)
        plans = report.plans.map(Plan.init)
        notes = report.notes
        assumptions = report.assumptions
    }
}

extension PlanDocument.Plan {
    fileprivate init(_ plan: TrainingPlan) {
        let mesh = plan.arrangement.mesh
        data = mesh.dataDegree
        sharding = mesh.shardingDegree
        stage = plan.arrangement.shardingStage
        tensor = mesh.tensorDegree
        recompute = plan.recomputes
        fits = plan.isFitting
        memory = Dictionary(
            uniqueKeysWithValues: plan.memory.kinds.map { ($0.key, Int($0.bytes)) })
        neededBytes = Int(plan.neededBytes)
        traffic = plan.traffic.rows.map {
            Row(
                axis: $0.group, operation: $0.operation.rawValue, calls: $0.calls,
                tensorBytes: $0.tensorBytes, sentBytes: Int($0.sentBytes))
        }
        sentBytes = Dictionary(
            plan.traffic.rows.map { ($0.group, Int($0.sentBytes)) }, uniquingKeysWith: +)
        operations = plan.work.operations
        let time = plan.time
        stepSeconds = [
            "compute": time.compute, "memory": time.memory, "node": time.node,
            "network": time.network, "hidden": time.hidden, "total": time.total,
        ]
        samplesPerStep = plan.samplesPerStep
        samplesPerSecond = plan.samplesPerSecond
        limit = time.limit.rawValue
    }
}
