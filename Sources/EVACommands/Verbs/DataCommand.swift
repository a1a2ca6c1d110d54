internal import ArgumentParser
internal import EVAConfiguration
internal import EVAData
internal import EVAModels
internal import EVATokenizer
internal import EVATraining
internal import Foundation
internal import Torch

/// `evaclip data`: looks at data before anything is trained on it.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Checks data sets and tells what is in them.",
        subcommands: [DataCheckCommand.self, DataStatsCommand.self])
}

/// The data that is looked at, spelt as for `train`.
struct DataOptions: ParsableArguments {
    @Argument(
        help:
            "What --task_name of train takes, or a folder: of images/ and annotations/, or of classes."
    )
    var path: String?

    @Option(help: "The same as the path.")
    var taskName: String?

    @Option(help: "The folder that holds images/ and annotations/, or that paths start from.")
    var dataRoot: String?

    @Option(help: "The part of a folder of images/ and annotations/: train, val or test.")
    var split = "train"

    @Option(help: "The column of a table that names the pictures.")
    var csvImgKey = "filepath"

    @Option(help: "The column of a table that holds the captions.")
    var csvCaptionKey = "title"

    @Option(help: "What separates columns, one character or \\t.")
    var csvSeparator: String?

    @Option(help: "The model whose image size and context length are meant.")
    var model = "EVA02-CLIP-B-16"

    @Option(
        help: FlagRange.readers.help(
            "How many samples are read at once, at most eight for each processor that may be used; "
                + "0 for one per processor.", usual: 0),
        transform: FlagRange.readers.integer)
    var dataloaderNumWorkers = 0

    @Option(
        help: ArgumentHelp("Show no progress line.", valueName: "true|false"),
        transform: BooleanOption.read)
    var disableTqdm = false

    /// The model's configuration.
    var modelConfiguration: ModelConfiguration {
        get throws {
            try ModelLocator.locate(ModelSource(name: model)).configuration
        }
    }

    /// Opens the data.
    func streams() throws -> [any SampleStream] {
        guard let task = path ?? taskName, path == nil || taskName == nil else {
            throw ValidationError("expected one path, or --task_name")
        }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: task, isDirectory: &isFolder), isFolder.boolValue
        {
            guard FileManager.default.fileExists(atPath: task + "/annotations") else {
                return Self.streams(of: try EvaluationFolder(path: task).images)
            }
            return Self.streams(of: try captions(root: task))
        }
        if task == "coco_clip", let dataRoot {
            return Self.streams(of: try captions(root: dataRoot))
        }
        if split != "train" {
            Console.warning("--split has no effect: only a folder of captions has parts")
        }
        let run = try trainingRun(on: task)
        return try TrainingData.streams(run.data, model: modelConfiguration, seed: run.seed)
    }

    /// The run that `train` would make of the same words.
    private func trainingRun(on task: String) throws -> TrainingConfiguration {
        var words = [
            "--output_dir=.", "--task_name=\(task)", "--csv_img_key=\(csvImgKey)",
            "--csv_caption_key=\(csvCaptionKey)",
        ]
        words += dataRoot.map { ["--data_root=\($0)"] } ?? []
        words += csvSeparator.map { ["--csv_separator=\($0)"] } ?? []
        let flags = try FlagParser.parse(words, verb: .train)
        let run = try TrainingConfiguration(flags: flags)
        for warning in run.warnings(of: flags) { Console.warning(warning) }
        return run
    }

    private static func streams(of source: any SampleSource) -> [any SampleStream] {
        [IndexedStream(source, seed: 0, shuffled: false)]
    }

    private func captions(root: String) throws -> any SampleSource {
        guard let part = COCOKarpathySource.Split(rawValue: split) else {
            throw ValidationError("--split \(split): expected train, val or test")
        }
        return try COCOKarpathySource(root: root, split: part)
    }

    /// Reads all of the data.
    func inspect(
        _ streams: [any SampleStream], badSamples: BadSampleLog,
        broken: (String, Int, String) -> Void = { _, _, _ in }
    ) throws -> DataStatistics {
        try ThreadLimits.check(readers: dataloaderNumWorkers)
        for stream in streams { Console.note(stream.summary) }
        let counts = streams.compactMap(\.count)
        var progress = ProgressLine(
            total: counts.count == streams.count ? counts.reduce(0, +) : 0, unit: "samples",
            isWanted: !disableTqdm)
        defer { progress.finish() }
        return try DataInspector(
            streams: streams, tokenizer: CLIPTokenizer.published(),
            threads: dataloaderNumWorkers > 0 ? dataloaderNumWorkers : Processors.available
        ).run(badSamples: badSamples, broken: broken) { progress.update($0) }
    }
}

/// `evaclip data check`: reads everything and lists what is broken.
struct DataCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reads everything and lists what is broken.")

    @OptionGroup var data: DataOptions

    @Option(help: "Where to list all that is broken: FILE.jsonl.")
    var output: String?

    private static let counts = FlagRange.from(0, to: 1e9)

    @Option(
        help: Self.counts.help("How many broken samples are printed.", usual: 10),
        transform: Self.counts.integer)
    var first = 10

    func run() throws {
        try output.map(TensorOutput.check)
        var printed: [String] = []
        let streams = try data.streams()
        let found = try data.inspect(streams, badSamples: BadSampleLog(path: output)) {
            if printed.count < first { printed.append("\($0), record \($1): \($2)") }
        }
        for line in printed { Console.result(line) }
        let total = found.tally.total
        if total.incomplete + total.repeatedKeys + total.emptyTexts + total.missing > 0 {
            for line in found.tally.lines() { Console.result(line) }
        }
        let list = output.map { "; all are listed in \($0)" } ?? "; --output FILE.jsonl lists all"
        guard found.broken + total.missing > 0 else {
            guard found.samples > 0 else { throw Self.nothing(in: streams, found) }
            Console.result("\(found.samples) samples were read; none is broken")
            return
        }
        Console.result(
            "\(found.broken) of \(found.samples) samples are broken"
                + (total.missing > 0 ? ", \(total.missing) others are missing" : "") + list)
        throw ExitCode.failure
    }

    /// Why data without a sample is none.
    static func nothing(in streams: [any SampleStream], _ found: DataStatistics) -> DataError {
        DataError(
            streams.map(\.name).joined(separator: "::"),
            "no record has both a picture and a caption; \(found.tally.total.incomplete) lack one "
                + "of them")
    }
}

/// `evaclip data stats`: reads everything and tells what it is.
struct DataStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Reads everything and tells what it is.")

    @OptionGroup var data: DataOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let streams = try data.streams()
        let found = try data.inspect(streams, badSamples: BadSampleLog())
        let summary = DataSummary(
            found, name: streams.map(\.name).joined(separator: "::"),
            contextLength: try data.modelConfiguration.text.contextLength)
        defer { for line in found.tally.lines().dropFirst() { Console.note(line) } }
        guard summary.samples > summary.broken else {
            throw found.firstFault.map {
                DataError(
                    summary.name,
                    "none of its \(found.samples) samples can be read; the first: \($0)")
            } ?? DataCheckCommand.nothing(in: streams, found)
        }
        guard json else { return Console.result(summary.table, lines: true) }
        try Console.result(json: summary)
    }
}
