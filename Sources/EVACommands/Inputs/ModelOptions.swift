internal import ArgumentParser
internal import EVAConfiguration
internal import EVAModels
internal import Torch

/// The options that every verb with a model shares.
struct ModelOptions: ParsableArguments {
    @Option(
        help: "A model folder, a preset's name, or a weights file (then with --config).")
    var model: String

    @Option(help: "The configuration of bare weights: a JSON file or a preset's name.")
    var config: String?

    @Option(help: "cpu, cuda or cuda:N; auto takes a GPU where there is one.")
    var device = "auto"

    @Option(help: "The precision of matrix products: fp32 or bf16.")
    var precision = "fp32"

    @Option(help: "Threads of the computation; one per core if not given.")
    var threads: Int?

    @Option(name: [.customLong("batch-size")], help: "Images or texts in the model at once.")
    var batchSize = 32

    func validate() throws {
        guard ["fp32", "bf16"].contains(precision) else {
            throw ValidationError("--precision \(precision): expected fp32 or bf16")
        }
        guard batchSize > 0 else {
            throw ValidationError("--batch_size \(batchSize): expected at least 1")
        }
        if let threads, threads < 1 {
            throw ValidationError("--threads \(threads): expected at least 1")
        }
    }

    /// The dtype that `--precision` names.
    var computeDType: DType { precision == "bf16" ? .bfloat16 : .float32 }

    /// What `--model` and `--config` name.
    func describe() throws -> ModelDescription {
        try ModelLocator.locate(
            ModelSource(name: model, configurationFile: config, loadsWeights: true))
    }

    /// Builds the model with its weights, after setting threads and memory up.
    func load(_ description: ModelDescription) throws -> CLIP {
        let device = try ComputeDevice.prepare(named: device, threadCount: threads)
        return try CLIP(loading: description, device: device)
    }
}
