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

    @Option(
        help: FlagRange.imageSize.help(
            "Resize the position embeddings to another image size, in pixels."),
        transform: FlagRange.imageSize.integer)
    var imageSize: Int?

    @Option(
        help: FlagRange.patchSize.help(
            "Resize the patch kernels to another patch size, in pixels."),
        transform: FlagRange.patchSize.integer)
    var patchSize: Int?

    @Option(help: WordOption.resizeRule, transform: WordOption.read)
    var resizeRule = GridResizeRule.rei

    @Option(help: WordOption.exifOrientation, transform: WordOption.read)
    var exifOrientation: PreprocessingConfiguration.ExifOrientation?

    @Option(
        help: "A shell pattern of tensors that the weights may lack; they are drawn at random.")
    var allowMissing: [String] = []

    @Option(help: "The precision of matrices and their products: fp32, bf16 or fp16.")
    var precision = "fp32"

    @Option(help: .threads, transform: FlagRange.threads.integer)
    var threads: Int?

    @Option(
        help: FlagRange.batch.help("Images or texts in the model at once.", usual: 32),
        transform: FlagRange.batch.integer)
    var batchSize = 32

    func validate() throws {
        guard Self.precisions[precision] != nil else {
            throw ValidationError("--precision \(precision): expected fp32, bf16 or fp16")
        }
    }

    /// The dtype that `--precision` names, of matrices and of their products.
    var computeDType: DType { Self.precisions[precision] ?? .float32 }

    private static let precisions: [String: DType] = [
        "fp32": .float32, "bf16": .bfloat16, "fp16": .float16,
    ]

    /// What `--model` and `--config` name.
    func describe() throws -> ModelDescription {
        try ModelLocator.locate(
            ModelSource(
                name: model, configurationFile: config, loadsWeights: true, imageSize: imageSize,
                patchSize: patchSize, resizeRule: resizeRule, exifOrientation: exifOrientation,
                allowedMissing: allowMissing))
    }

    /// Builds the model with its weights, after setting threads and memory up.
    ///
    /// - Parameter pictureCount: pictures that it is to encode; a batch has no more of them.
    func load(_ description: ModelDescription, pictureCount: Int) throws -> CLIP {
        let device = try ComputeDevice.prepare(named: device, threadCount: threads)
        if device == .cpu {
            try InferenceMemory(
                model: description, batchSize: min(batchSize, pictureCount),
                batchFlag: "batch_size", elementSize: computeDType == .float32 ? 4 : 2
            ).check()
        }
        return try CLIP(loading: description, device: device, dtype: computeDType) { weights in
            for note in weights.notes { Console.note(note) }
        }
    }
}
