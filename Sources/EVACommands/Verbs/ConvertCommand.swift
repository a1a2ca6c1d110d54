internal import ArgumentParser
internal import EVAConfiguration
internal import EVAEvaluation
internal import EVAModels
internal import EVATensorFiles
internal import Torch

/// `evaclip convert`: a model's weights into another format, naming or number format.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Converts weights into another format and naming.",
        discussion: """
            OUTPUT is a file when its name ends as one of weights (.safetensors, .pt, .pth, .bin, \
            .pdparams), else a model folder: with open_clip's files, or PaddleMIX's for \
            --naming paddlemix, golden vectors and SHA256SUMS. Numbers keep their format unless \
            --dtype says otherwise; there and back gives the same bytes.

            --shard_size writes Hugging Face's index layout: model-00001-of-0000N.safetensors and \
            model.safetensors.index.json. This program and Hugging Face's libraries read it; \
            open_clip does not, and needs the folder without --shard_size.
            """)

    @Argument(help: "A model folder, a weights file, or the name of a model that was pulled.")
    var model: String

    @Argument(help: "The file or folder to write.")
    var output: String

    @Option(
        help:
            "The configuration of bare weights, if they do not tell it: a JSON file or a preset's name."
    )
    var config: String?

    @Option(
        help: "safetensors, pytorch or paddle; what the name of a file ends in, else by naming.")
    var format: String?

    @Option(help: "rei, open_clip or paddlemix; by format if not given.")
    var naming: String?

    @Option(help: "Cast all tensors to fp32, fp16 or bf16.")
    var dtype: String?

    @Option(
        help:
            ArgumentHelp(
                "Cut a folder's safetensors into files of at most this size, such as 5GB or 500MB, "
                    + "in Hugging Face's index layout, which open_clip does not load."))
    var shardSize: String?

    @OptionGroup var options: WeightsOutputOptions

    private static let elementTypes: [String: ElementType] = [
        "fp32": .float32, "fp16": .float16, "bf16": .bfloat16,
    ]

    func validate() throws {
        if let dtype, Self.elementTypes[dtype] == nil {
            throw ValidationError("--dtype \(dtype): expected fp32, fp16 or bf16")
        }
        _ = try shardBytes()
        let (form, isFolder) = try form()
        guard shardSize == nil || isFolder && form.format == .safetensors else {
            throw ValidationError("--shard_size: expected a folder of safetensors as the output")
        }
    }

    func run() throws {
        let (form, isFolder) = try form()
        let description = try ModelLocator.locate(
            ModelSource(name: model, configurationFile: config, loadsWeights: true))
        let output = try WeightsOutput(
            self.output, isFolder: isFolder, form: form, options: options, inputs: [description])
        let network = CLIP(description.configuration, device: .meta)
        let file = try ParameterFile(description.openWeights(), network: network)
        let export = try WeightsExport(
            file, network: network, naming: form.naming,
            elementType: dtype.flatMap { Self.elementTypes[$0] })
        let shardBytes = try shardBytes()
        try output.write(export, of: description, shardSize: shardBytes) { _ in
            // What the model computed where it came from, before anything was converted.
            try ModelVerifier.folder(of: description).flatMap(GoldenVectors.init(in:))
                ?? output.computeGolden(description, weightTypes: file.elementTypes)
        }
        if let shardBytes, export.byteCount > shardBytes {
            Console.warning(
                "\(self.output): open_clip cannot load a folder of several safetensors files; leave "
                    + "out --shard_size for one that it can")
        }
    }

    /// Format and naming, each of which may follow from the other or from the output's name.
    private func form() throws -> (ModelFolderForm, isFolder: Bool) {
        let suffix = WeightsFormat(suffixOf: output)
        let chosenFormat = try parse(WeightsFormat.self, format, flag: "--format")
        let chosenNaming = try parse(WeightNaming.self, naming, flag: "--naming")
        if let chosenFormat, let suffix, chosenFormat != suffix {
            throw ValidationError(
                "--format \(chosenFormat.rawValue): a file of this format does not end as \(output)"
            )
        }
        let usual: WeightsFormat = chosenNaming == .paddleMIX ? .paddle : .safetensors
        let format = chosenFormat ?? suffix ?? usual
        let naming = chosenNaming ?? (format == .paddle ? .paddleMIX : .openCLIP)
        return (ModelFolderForm(naming: naming, format: format), suffix == nil)
    }

    private func parse<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type, _ text: String?, flag: String
    ) throws -> Choice? {
        guard let text else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(flag) \(text): expected one of \(names)")
        }
        return choice
    }

    /// Decimal units, as disks and Hugging Face count.
    private func shardBytes() throws -> Int? {
        guard let shardSize else { return nil }
        let units = ["GB": 1_000_000_000, "MB": 1_000_000, "KB": 1_000]
        let unit = units.first { shardSize.uppercased().hasSuffix($0.key) }
        guard let unit, let count = NumberText.number(String(shardSize.dropLast(2))), count > 0,
            count <= 1e6,
            case let bytes = Int(count * Double(unit.value)), bytes > 0
        else {
            throw ValidationError(
                "--shard_size \(shardSize): expected a size such as 5GB or 500MB, up to 1000000GB")
        }
        return bytes
    }
}
