internal import ArgumentParser
internal import EVAConfiguration
internal import EVAEvaluation
internal import EVAModels
internal import EVATensorFiles
internal import Foundation
internal import Torch

/// `evaclip average`: one model whose weights are the mean of several, or lie between two.
struct AverageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "average",
        abstract: "Averages the weights of models of one architecture.",
        discussion: """
            Models fine-tuned from one start can often be averaged into one that is better than \
            each (model soups, arXiv 2203.05482), or mixed with their start to keep what it knew \
            (WiSE-FT, arXiv 2109.01903: --alpha 0.5 ZERO_SHOT FINE_TUNED). Sums are in fp32; the \
            result has the number format of the first model.
            """)

    @Argument(help: "Model folders, or weights files.")
    var models: [String]

    @Option(help: "The folder to write.")
    var output: String

    private static let weightRange = FlagRange.from(0, to: 1e9)

    @Option(
        help: Self.weightRange.help(
            "Factors of the models, separated by commas; they are divided by their sum."))
    var weights: String?

    @Option(
        help: FlagRange.share.help(
            "Of two models, the share of the second: 0 is the first, 1 the second."),
        transform: FlagRange.share.number)
    var alpha: Double?

    @Option(
        help:
            "The configuration of bare weights, if they do not tell it: a JSON file or a preset's name."
    )
    var config: String?

    @OptionGroup var options: WeightsOutputOptions

    func validate() throws { _ = try factors() }

    func run() throws {
        let descriptions = try models.map { name in
            try ModelLocator.locate(
                ModelSource(
                    name: name, configurationFile: Self.isFolder(name) ? nil : config,
                    loadsWeights: true))
        }
        let first = descriptions[0]
        for other in descriptions.dropFirst() { try expectSame(first, other) }
        let output = try WeightsOutput(
            self.output, isFolder: true, form: .trained, options: options, inputs: descriptions)
        let network = CLIP(first.configuration, device: .meta)
        let files = try descriptions.map {
            try ParameterFile($0.openWeights(), network: network)
        }
        let export = try WeightsExport(
            AveragedParameters(files, weights: factors()), network: network, naming: .openCLIP)
        try output.write(export, of: first) { folder in
            let written = try ModelLocator.locate(ModelSource(name: folder, loadsWeights: true))
            return try output.computeGolden(
                written, weightTypes: Set(export.entries.map(\.elementType)))
        }
    }

    /// The models' factors, whose sum is 1.
    private func factors() throws -> [Double] {
        guard models.count >= 2 else {
            throw ValidationError("expected at least two models, got \(models.count)")
        }
        if let alpha {
            guard weights == nil else {
                throw ValidationError("--alpha and --weights exclude each other")
            }
            guard models.count == 2 else {
                throw ValidationError("--alpha is for two models, got \(models.count)")
            }
            return [1 - alpha, alpha]
        }
        guard let weights else {
            return models.map { _ in 1 / Double(models.count) }
        }
        let numbers = weights.split(separator: ",", omittingEmptySubsequences: false).map {
            NumberText.number(String($0))
        }
        let factors = numbers.compactMap { $0 }.filter(Self.weightRange.contains)
        let sum = factors.reduce(0, +)
        guard factors.count == models.count, numbers.count == models.count, sum > 0 else {
            throw ValidationError(
                "--weights \(weights): expected \(models.count) numbers \(Self.weightRange.words), not all 0"
            )
        }
        return factors.map { $0 / sum }
    }

    private func expectSame(_ first: ModelDescription, _ other: ModelDescription) throws {
        // What only acts in training does not make another network.
        func network(_ description: ModelDescription) -> ModelConfiguration {
            var configuration = description.configuration
            configuration.vision.dropPathRate = 0
            configuration.vision.patchDropout = 0
            configuration.initialLogitBias = configuration.initialLogitBias.map { _ in 0 }
            return configuration
        }
        guard network(first) == network(other) else {
            throw WeightsError(
                "\(other.name): is another network than \(first.name); only models of one "
                    + "architecture can be averaged")
        }
        guard first.preprocessing == other.preprocessing else {
            throw WeightsError(
                "\(other.name): its pictures are prepared otherwise than those of \(first.name)")
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            && isFolder.boolValue
    }
}
