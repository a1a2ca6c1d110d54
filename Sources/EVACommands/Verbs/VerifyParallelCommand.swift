internal import ArgumentParser
internal import EVAConfiguration
internal import EVATraining
internal import Foundation
internal import Torch
internal import TorchParallel

/// `evaclip verify-parallel`: whether any arrangement of these ranks takes the steps of one process.
struct VerifyParallelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-parallel",
        abstract: "Takes the same steps on every arrangement of the ranks and on one process.",
        discussion: """
            Start it as training is started: mpirun -np 4 evaclip verify-parallel. A small model \
            takes five steps on drawn scenes for each arrangement along the axes data, sharding and \
            tensor, each stage of sharding, each optimizer, each exact form of the loss, with and \
            without accumulation, in fp32 and bf16. Told are the relative differences of the losses, the \
            first step's gradients and the last step's weights. Exits with 1 if an fp32 row \
            differs by more than 1e-5, or a bf16 row more than twice as much from fp32 as one \
            process in bf16 does.
            """)

    @Option(help: "cpu, cuda or cuda:N; auto takes a GPU where there is one.")
    var device = "auto"

    @Option(help: .threads, transform: FlagRange.threads.integer)
    var threads: Int?

    @Option(
        help: Self.patience.help("Seconds for which a rank waits for the others.", usual: 600),
        transform: Self.patience.number)
    var collectiveTimeout = 600.0

    private static let patience = FlagRange.above(0, to: 1e6)

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let launch = try Ranks.launch()
        let device = try ComputeDevice.prepare(
            named: device, threadCount: threads,
            processors: Processors.share(amongRanks: launch?.localSize ?? 1),
            localRank: launch?.localRank ?? 0)
        let ranks = try Ranks.join(launch, timeout: collectiveTimeout, device: device)
        let verifier = ParallelVerifier(ranks, device: device)
        var rows: [VerificationRow] = []
        if ranks.isWriter, !json { print(VerificationRow.heading) }
        for trial in ParallelCase.all(
            ranks: ranks.world.size, tensorDegrees: ParallelCase.tensorDegrees)
        {
            guard let row = try verifier.verify(trial) else { continue }
            rows.append(VerificationRow(row))
            if !json { print(rows[rows.count - 1].line) }
        }
        try ranks.leave()
        guard ranks.isWriter else { return }
        if json { print(try VerificationRow.json(rows)) }
        let different = rows.count { !$0.equal }
        guard different == 0 else {
            Console.error("\(different) of \(rows.count) rows differ from one process")
            throw ExitCode.failure
        }
        if !json { print("all \(rows.count) rows are equal to one process") }
    }
}

/// A row of the table, as JSON has it.
struct VerificationRow: Encodable {
    let ranks: Int
    let data: Int
    let sharding: Int
    let stage: Int
    let tensor: Int
    let optimizer: String
    let precision: String
    let lossForm: String
    let accumulation: String
    let loss: Double
    let gradient: Double
    let weights: Double
    let equal: Bool

    init(_ row: ParallelVerifier.Row) {
        let trial = row.trial
        ranks = trial.ranks
        data = trial.data
        sharding = trial.sharding
        stage = trial.stage
        tensor = trial.tensor
        optimizer = trial.optimizer.rawValue
        precision = trial.isLow ? "bf16" : "fp32"
        lossForm = trial.loss.rawValue
        accumulation = trial.accumulation.rawValue
        loss = row.difference.loss
        gradient = row.difference.gradient
        weights = row.difference.weights
        equal = row.isEqual
    }

    static let heading =
        "data shard stage tensor  optimizer precision loss form accumulation        "
        + "loss   gradient    weights"

    var line: String {
        func right(_ value: Int, _ width: Int) -> String { right("\(value)", width) }
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let figures = [loss, gradient, weights].map { right(String(format: "%.1e", $0), 11) }
        return right(data, 4) + right(sharding, 6) + right(stage, 6) + right(tensor, 7)
            + right(optimizer, 11) + right(precision, 10) + right(lossForm, 10)
            + right(accumulation, 13) + figures.joined() + (equal ? "" : "  DIFFERS")
    }

    /// One object with the rows and whether all are equal.
    static func json(_ rows: [VerificationRow]) throws -> String {
        struct Report: Encodable {
            let rows: [VerificationRow]
            let equal: Bool
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let report = Report(rows: rows, equal: rows.allSatisfy(\.equal))
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }
}
