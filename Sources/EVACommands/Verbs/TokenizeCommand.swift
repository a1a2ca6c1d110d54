internal import ArgumentParser
internal import EVAConfiguration
internal import EVAModels
internal import EVATensorFiles

/// `evaclip tokenize`: what a model sees of texts.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Prepares texts as the model will see them: input_ids [M, L].")

    @Option(help: "The model whose context length is used: a folder or a preset's name.")
    var model = "EVA02-CLIP-B-16"

    @Option(help: "The configuration of bare weights: a JSON file or a preset's name.")
    var config: String?

    @Option(help: "Texts: a file with one a line, or a JSON array of strings.")
    var texts: String

    @Option(help: "Where to write: FILE.safetensors or FILE.json.")
    var output: String

    func run() throws {
        try TensorOutput.check(output)
        let description = try ModelLocator.locate(
            ModelSource(name: model, configurationFile: config, loadsWeights: false))
        let texts = try TextInput.read(texts)
        let tokenize = try TextInput.tokenizer(for: description.configuration)
        let ids = texts.flatMap { tokenize($0).map(Int64.init) }
        let tensor = HostTensor(ids, shape: [texts.count, ids.count / texts.count])
        try TensorOutput.write([("input_ids", tensor)], to: output)
        print("input_ids \(tensor.shape)")
    }
}
