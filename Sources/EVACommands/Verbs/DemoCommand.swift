internal import ArgumentParser
internal import EVAConfiguration
internal import EVAData
internal import EVATraining
internal import Foundation

/// `evaclip demo`: trains on the embedded data set, evaluates, and shows the result.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Trains a small model on drawn scenes, evaluates it and writes a report.",
        discussion: """
            The scenes show coloured shapes with captions. Some combinations of colour and shape \
            never occur in training; the model is evaluated zero-shot on those alone.
            """)

    @Option(help: "The folder for the model, its metrics and report.html.")
    var outputDir = "demo"

    @Option(
        help: FlagRange.steps.help(
            "Training steps; more take longer and give a better model.", usual: DemoRecipe.steps),
        transform: FlagRange.steps.integer)
    var maxSteps = DemoRecipe.steps

    @Option(help: "cpu, cuda or cuda:N; auto takes a GPU where there is one.")
    var device = "auto"

    @Option(help: .threads, transform: FlagRange.threads.integer)
    var threads: Int?

    func run() throws {
        let device = try ComputeDevice.prepare(named: device, threadCount: threads)
        try FileManager.default.createDirectory(
            atPath: outputDir, withIntermediateDirectories: true)
        let recipe = DemoRecipe(outputDirectory: outputDir, steps: maxSteps, threadCount: threads)
        let configuration = try recipe.configuration()
        let trainer = try Trainer(configuration, device: device)
        Console.note(trainer.data.summary)
        Console.note("training \(maxSteps) steps of \(trainer.samplesPerStep) scenes")
        let console = TrainingConsole(totalSteps: maxSteps, showsProgress: true)
        let clock = ContinuousClock()
        let start = clock.now
        _ = try trainer.run(
            progress: { console.show(step: $0) }, report: { console.show($0) })
        console.finish()
        let seconds = (clock.now - start) / .seconds(1)
        let result = try DemoResult(trainer, recipe: recipe, trainingSeconds: seconds)
        Console.result(result.table, lines: true)
        try result.writeReport(to: outputDir + "/report.html", configuration: configuration)
        Console.result("report: \(outputDir)/report.html")
    }
}
