internal import ArgumentParser
internal import EVAConfiguration
internal import EVAData
internal import EVAModels
internal import EVATensorFiles

/// `evaclip preprocess`: what a model sees of pictures.
struct PreprocessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preprocess",
        abstract: "Prepares pictures as the model will see them: pixels [N, 3, S, S].")

    @Option(help: "The model whose preprocessing is used: a folder or a preset's name.")
    var model = "EVA02-CLIP-B-16"

    @Option(help: "The configuration of bare weights: a JSON file or a preset's name.")
    var config: String?

    @Option(
        help: FlagRange.imageSize.help(
            "Prepare for another image size than the model's, in pixels."),
        transform: FlagRange.imageSize.integer)
    var imageSize: Int?

    @Option(help: WordOption.exifOrientation, transform: WordOption.read)
    var exifOrientation: PreprocessingConfiguration.ExifOrientation?

    @Option(parsing: .upToNextOption, help: "Pictures: files and folders.")
    var images: [String]

    @Option(help: "Where to write: FILE.safetensors or FILE.json.")
    var output: String

    func run() throws {
        try TensorOutput.check(output)
        var description = try ModelLocator.locate(
            ModelSource(
                name: model, configurationFile: config, loadsWeights: false,
                exifOrientation: exifOrientation))
        if let imageSize { description.preprocessing.imageSize = imageSize }
        let input = try ImageInput(images)
        try InferenceMemory.checkPixels(
            of: input.count, size: description.preprocessing.imageSize)
        var pixels: [Float] = []
        var progress = ProgressLine(total: input.count, unit: "pictures")
        try input.forEachBatch(of: 8, for: description) { batch in
            pixels += batch.images.values
            progress.update(pixels.count / (batch.images.count / batch.count))
        }
        progress.finish()
        let size = description.preprocessing.imageSize
        let shape = [input.count, 3, size, size]
        try TensorOutput.write([("pixels", HostTensor(pixels, shape: shape))], to: output)
        print("pixels \(shape)")
    }
}
