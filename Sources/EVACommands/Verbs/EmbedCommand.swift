internal import ArgumentParser
internal import EVAConfiguration
internal import EVAData
internal import EVAEvaluation
internal import EVALayers
internal import EVAModels
internal import EVATensorFiles
internal import Foundation
internal import Torch

/// `evaclip embed`: unit feature vectors of images and texts.
struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Computes feature vectors of images and texts.",
        discussion: """
            Writes image_features [N, D] and text_features [M, D], unit vectors, and logit_scale, \
            the factor that turns their cosines into logits.
            """)

    @OptionGroup var model: ModelOptions

    @Option(parsing: .upToNextOption, help: "Pictures: files and folders.")
    var images: [String] = []

    @Option(help: "Texts: a file with one a line, or a JSON array of strings.")
    var texts: String?

    @Option(
        help: "Ready tensors: a safetensors file with image [N, 3, S, S] and/or input_ids [M, L].")
    var pixels: String?

    @Option(help: "Where to write: FILE.safetensors or FILE.json.")
    var output: String

    func validate() throws {
        guard !images.isEmpty || texts != nil || pixels != nil else {
            throw ValidationError("nothing to embed: give --images, --texts or --pixels")
        }
    }

    func run() throws {
        try TensorOutput.check(output)
        let description = try model.describe()
        let images = try self.images.isEmpty ? nil : ImageInput(self.images)
        let texts = try self.texts.map(TextInput.read)
        let ready = try pixels.map(ReadyTensors.init)
        let clip = try model.load(
            description, pictureCount: (images?.count ?? 0) + (ready?.images?.shape.first ?? 0))
        let encoder = FeatureEncoder(
            clip, computeDType: model.computeDType, batchSize: model.batchSize)
        var imageFeatures: [Tensor] = []
        var textFeatures: [Tensor] = []
        if let ready {
            if let images = ready.images { imageFeatures.append(try encoder.images(images)) }
            if let ids = ready.ids { textFeatures.append(try encoder.texts(ids)) }
        }
        if let images {
            var progress = ProgressLine(total: images.count, unit: "pictures")
            var done = 0
            try images.forEachBatch(of: model.batchSize, for: description) { batch in
                imageFeatures.append(try encoder.images(of: batch))
                done += batch.count
                progress.update(done)
            }
            progress.finish()
        }
        if let texts {
            textFeatures.append(
                try encoder.texts(texts.map(TextInput.tokenizer(for: description.configuration))))
        }
        try write(imageFeatures, textFeatures, clip)
    }

    private func write(_ images: [Tensor], _ texts: [Tensor], _ clip: CLIP) throws {
        var tensors: [(name: String, tensor: HostTensor)] = []
        for (name, parts) in [("image_features", images), ("text_features", texts)]
        where !parts.isEmpty {
            tensors.append((name, Tensor.concatenated(parts, dimension: 0).hostTensor()))
        }
        tensors.append(("logit_scale", clip.logitScale.value.detached().exp().hostTensor()))
        try TensorOutput.write(tensors, to: output)
        for (name, tensor) in tensors { Console.result("\(name) \(tensor.shape)") }
    }
}
