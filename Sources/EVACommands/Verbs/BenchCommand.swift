internal import ArgumentParser
internal import EVAConfiguration
internal import Foundation

/// `evaclip bench`: what a piece of work costs on this machine.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures time and memory of a piece of work.",
        discussion: """
            loss: one forward and backward pass of the contrastive loss over random features, in \
            tiles as training does it, or plainly, with the whole matrix of logits in memory. Peak \
            memory is the process's, or on a GPU that in tensors; measure one form at a time.
            """)

    /// What is measured.
    enum Work: String, CaseIterable, ExpressibleByArgument {
        case loss
    }

    @Argument(help: "The work: \(Work.allCases.map(\.rawValue).joined(separator: ", ")).")
    var work: Work

    @Option(
        help: FlagRange.batch.help("Pairs of the batch.", usual: 32768),
        transform: FlagRange.batch.integer)
    var batchSize = 32768

    private static let widths = FlagRange.from(1, to: 65536)

    @Option(
        help: Self.widths.help("Width of the joint embedding.", usual: 768),
        transform: Self.widths.integer)
    var width = 768

    @Option(help: "softmax or sigmoid.")
    var loss = "softmax"

    @Option(help: "tiled or plain.")
    var form = LossBenchmark.Form.tiled

    @Option(help: "cpu, cuda or cuda:N; auto takes a GPU where there is one.")
    var device = "auto"

    @Option(help: .threads, transform: FlagRange.threads.integer)
    var threads: Int?

    @Flag(help: "One JSON object instead of a line of words.")
    var json = false

    func validate() throws {
        guard LossConfiguration.Kind(rawValue: loss) != nil else {
            throw ValidationError("--loss \(loss): expected softmax or sigmoid")
        }
    }

    func run() throws {
        let device = try ComputeDevice.prepare(named: device, threadCount: threads)
        let benchmark = LossBenchmark(
            kind: LossConfiguration.Kind(rawValue: loss) ?? .softmax, form: form,
            batchSize: batchSize, width: width, device: device)
        let result = try benchmark.run()
        guard json else { return print(result.summary) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }
}

extension LossBenchmark.Form: ExpressibleByArgument {}
