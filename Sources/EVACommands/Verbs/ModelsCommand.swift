internal import ArgumentParser
internal import EVAConfiguration
internal import Foundation

/// `evaclip models`: the networks that the program knows by name.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Lists the models with their exact sizes, memory and published accuracy.")

    @Flag(help: "Print JSON.")
    var json = false

    private struct Row: Encodable {
        let name: String
        let parameters: Int
        let image_size: Int
        let embed_dim: Int
        let zero_shot_top1: Double?
        let fp32_bytes: Int
        let bf16_bytes: Int
        let open_clip_name: String?
        let paddlemix_name: String?
    }

    func run() throws {
        let rows = ModelPreset.all.map { preset in
            let count = preset.configuration.parameterCount
            return Row(
                name: preset.name, parameters: count,
                image_size: preset.configuration.vision.imageSize,
                embed_dim: preset.configuration.embedWidth,
                zero_shot_top1: preset.accuracies.first?.top1, fp32_bytes: count * 4,
                bf16_bytes: count * 2, open_clip_name: preset.openCLIPName,
                paddlemix_name: preset.paddleMIXName)
        }
        guard !json else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(rows), as: UTF8.self))
            return
        }
        print("model                        parameters  pixels  width  top-1 %  fp32 GB  bf16 GB")
        for row in rows {
            let accuracy = row.zero_shot_top1.map { String(format: "%.1f", $0) } ?? "-"
            print(
                row.name.padding(toLength: 24, withPad: " ", startingAt: 0)
                    + right("\(row.parameters)", 15) + right("\(row.image_size)", 8)
                    + right("\(row.embed_dim)", 7) + right(accuracy, 9)
                    + right(String(format: "%.2f", Double(row.fp32_bytes) / 1e9), 9)
                    + right(String(format: "%.2f", Double(row.bf16_bytes) / 1e9), 9))
        }
    }

    private func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
