internal import ArgumentParser
internal import EVAConfiguration
internal import EVAEvaluation
internal import EVAModels
internal import Foundation
internal import Torch

/// `evaclip verify`: whether a model is whole and computes what it computed where it came from.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks a model's files, tensors and features.",
        discussion: """
            Compares the files with SHA256SUMS, the tensors with the network, looks for numbers \
            that are not finite, and computes the features of golden.safetensors again. What is \
            not there is said and not checked.
            """)

    @Argument(help: "A model folder, a weights file, or the name of a model that was pulled.")
    var model: String

    @Option(
        help:
            "The configuration of bare weights, if they do not tell it: a JSON file or a preset's name."
    )
    var config: String?

    @Option(help: "cpu, cuda or cuda:N; auto takes a GPU where there is one.")
    var device = "auto"

    @Option(help: .threads, transform: FlagRange.threads.integer)
    var threads: Int?

    func run() throws {
        let description = try ModelLocator.locate(
            ModelSource(name: model, configurationFile: config, loadsWeights: true))
        let device = try ComputeDevice.prepare(named: device, threadCount: threads)
        let (isGood, provesFeatures) = ModelVerifier(description, device: device).run { finding in
            switch finding {
            case .passed(let text): Console.result("ok           \(text)")
            case .unchecked(let text): Console.result("not checked  \(text)")
            case .failed(let text): Console.error(text)
            }
        }
        guard isGood else { throw ExitCode.failure }
        Console.result(
            "\(model): "
                + (provesFeatures
                    ? "verified: these weights compute what they computed where they came from"
                    : "nothing wrong found; what they compute was not checked"))
    }
}
