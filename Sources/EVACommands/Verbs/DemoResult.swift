internal import EVAConfiguration
internal import EVAData
internal import EVAEvaluation
internal import EVAImaging
internal import EVAModels
internal import EVATokenizer
internal import EVATraining
internal import Foundation

/// What the demo's model has learned: its accuracy on combinations that it never saw.
struct DemoResult {
    private let heldOut: EvaluationReport
    private let training: EvaluationReport
    private let gallery: ReportGallery
    private let steps: Int
    private let samplesPerStep: Int
    private let trainingSeconds: Double
    private let parameterCount: Int

    init(_ trainer: Trainer, recipe: DemoRecipe, trainingSeconds: Double) throws {
        let model = trainer.clip.configuration
        let preprocessing = PreprocessingConfiguration(imageSize: model.vision.imageSize)
        let tokenizer = try CLIPTokenizer.published()
        let tokenize = { tokenizer.encode($0, contextLength: model.text.contextLength) }
        let preparation = SamplePreparation(
            transform: .evaluation(EvaluationTransform(preprocessing)), tokenizer: tokenizer,
            contextLength: model.text.contextLength)
        func evaluate(_ split: ShapesSource.Split) throws -> (ShapesSource, EvaluationReport) {
            let source = ShapesSource(
                split: split, count: DemoRecipe.evaluationSceneCount,
                imageSize: model.vision.imageSize, seed: 1)
            let evaluator = ZeroShotEvaluator(
                source: source,
                prompts: try PromptSet(
                    classNames: source.classNames, templates: ShapesCatalog.templates),
                preparation: preparation, batchSize: 100, readerThreads: 1, tokenize: tokenize)
            return (source, try evaluator(trainer.clip, badSamples: BadSampleLog()))
        }
        let unseen = try evaluate(.heldOut)
        heldOut = unseen.1
        training = try evaluate(.validation).1
        gallery = try ReportGallery(
            source: unseen.0, captions: unseen.0.classNames.map { "a \($0)" },
            encoder: FeatureEncoder(trainer.clip), preparation: preparation,
            preprocessing: preprocessing, tokenize: tokenize)
        steps = recipe.steps
        samplesPerStep = trainer.samplesPerStep
        self.trainingSeconds = trainingSeconds
        parameterCount = model.parameterCount
    }

    private var chance: Double { 100 / Double(heldOut.classes) }

    /// The table on the console.
    var table: String {
        heldOut.table()
            + String(
                format: "\nheld-out combinations, never seen in training: top-1 %.2f %% of %@"
                    + " (chance %.1f %%)\nnew scenes of trained combinations: top-1 %.2f %%\n"
                    + "trained %@ in %.0f s",
                heldOut.top1, "\(heldOut.images) scenes", chance, training.top1,
                "\(steps) steps of \(samplesPerStep)", trainingSeconds)
    }

    /// Writes one self-contained page.
    func writeReport(to path: String, configuration: TrainingConfiguration) throws {
        var contents = ReportContents(
            title: "EVACLIP demo",
            subtitle: "A small EVA-02 model, trained from scratch on drawn scenes with captions, "
                + "classifies combinations of colour and shape that it never saw.")
        contents.figures = [
            .init(
                label: "Held-out top-1", value: String(format: "%.1f %%", heldOut.top1),
                note: String(format: "chance %.1f %%", chance)),
            .init(
                label: "Held-out top-5", value: String(format: "%.1f %%", heldOut.top5),
                note: "\(heldOut.images) scenes of \(heldOut.classes) combinations"),
            .init(
                label: "Trained combinations", value: String(format: "%.1f %%", training.top1),
                note: "new scenes, \(training.classes) combinations"),
            .init(
                label: "Training", value: String(format: "%.0f s", trainingSeconds),
                note: "\(steps * samplesPerStep) scenes"),
            .init(
                label: "Parameters", value: String(format: "%.2f M", Double(parameterCount) / 1e6)),
        ]
        let root = configuration.outputDirectory
        contents.charts = ReportContents.Chart.training([
            try MetricsLog(path: root + "/metrics.jsonl", name: "demo")
        ])
        contents.evaluation = heldOut
        contents.examples = gallery.examples
        contents.searches = gallery.searches
        contents.settings = try ReportContents.Setting.list(
            json: JSONEncoder().encode(configuration), source: "configuration")
        try RunReport(contents).write(to: path)
    }
}
