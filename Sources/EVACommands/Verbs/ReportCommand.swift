internal import ArgumentParser
internal import EVAEvaluation
internal import Foundation

/// `evaclip report`: what runs wrote down, as one page.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Shows one run, or several laid over each other, as one self-contained page.")

    @Argument(help: "The folders that train wrote.")
    var runs: [String]

    @Option(help: "The page.")
    var output = "report.html"

    func run() throws {
        let names = RunRecord.names(of: runs)
        let records = try zip(runs, names).map { try RunRecord(folder: $0, name: $1) }
        try RunReport(ReportContents(records)).write(to: output)
        Console.note("report: \(output)")
    }
}
