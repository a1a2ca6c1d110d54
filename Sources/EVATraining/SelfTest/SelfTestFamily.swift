internal import EVAConfiguration
internal import EVALayers
internal import EVAModels
internal import Foundation
internal import Torch

/// A small model with the structure of a published one, its weights, and a batch for it.
///
/// Weights and batch are draws of named streams on the CPU, the same wherever they are used.
struct SelfTestFamily {
    let name: String
    let configuration: ModelConfiguration

    /// The structures of EVA01-g, EVA02-B, EVA02-L-336 and EVA02-E.
    static func all() throws -> [SelfTestFamily] {
        let rope = #""rope": true, "intp_freq": true, "naiveswiglu": true, "subln": true"#
        return try [
            ("a_eva01", 56, 14, 20, #""mlp_ratio": 4.3637"#),
            ("b_eva02b", 64, 16, 77, #""mlp_ratio": 2.6667, "pt_hw_seq_len": 16, \#(rope)"#),
            ("c_eva02l336", 84, 14, 20, #""mlp_ratio": 2.6667, "pt_hw_seq_len": 4, \#(rope)"#),
            ("d_bige", 56, 14, 20, #""mlp_ratio": 8.571428571428571, "postnorm": true"#),
        ].map { name, imageSize, patchSize, contextLength, structure in
            let text = """
                {"embed_dim": 48,
                 "vision_cfg": {"image_size": \(imageSize), "layers": 3, "width": 64,
                  "head_width": 32, "patch_size": \(patchSize), "eva_model_name": "\(name)",
                  "drop_path_rate": 0, \(structure)},
                 "text_cfg": {"context_length": \(contextLength), "vocab_size": 512, "width": 64,
                  "heads": 2, "layers": 2}}
                """
            return SelfTestFamily(
                name: name,
                configuration: try ModelConfiguration(json: Data(text.utf8), source: name))
        }
    }

    private static let batchSize = 4

    /// The model on a device.
    ///
    /// - Parameter error: the standard deviation of what is added to every weight.
    func model(on device: Device, error: Double = 0) -> CLIP {
        let clip = CLIP(configuration, device: device)
        let random = RandomSource(seed: 1).stream(name)
        withoutGradient {
            for parameter in clip.store.parameters {
                let draw = Tensor.empty(parameter.shape, dtype: .float32, device: .cpu)
                draw.fillNormal(
                    standardDeviation: Self.deviation(parameter.shape),
                    from: random.stream(parameter.name))
                if parameter.shape.count == 1, parameter.name.hasSuffix("weight") {
                    draw.copy(from: draw + 1.0)
                }
                if parameter.shape.isEmpty { draw.fill(log(1 / 0.07)) }
                if error > 0 {
                    let noise = draw.zerosLike()
                    noise.fillNormal(
                        standardDeviation: error,
                        from: random.stream("error").stream(parameter.name))
                    draw.add(inPlace: noise)
                }
                parameter.master.copy(from: draw)
            }
        }
        return clip
    }

    /// Large enough that every part of the network shows in the features.
    private static func deviation(_ shape: [Int]) -> Double {
        shape.count < 2 ? 0.1 : 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot()
    }

    /// Pixels `[4, 3, S, S]` and token ids `[4, L]` of texts of different lengths.
    func batch(on device: Device) -> (images: Tensor, ids: Tensor) {
        let size = configuration.vision.imageSize
        let images = Tensor.empty(
            [Self.batchSize, 3, size, size], dtype: .float32, device: .cpu)
        images.fillNormal(
            standardDeviation: 1, from: RandomSource(seed: 1).stream(name).stream("images"))
        let length = configuration.text.contextLength
        var ids: [Int64] = []
        for text in 0..<Self.batchSize {
            let words = length - 2 - 3 * text
            ids.append(510)
            for word in 0..<words { ids.append(Int64((37 * text + 11 * word) % 500 + 1)) }
            ids.append(511)
            ids += [Int64](repeating: 0, count: 3 * text)
        }
        return (
            images.moved(to: device),
            Tensor(ids, shape: [Self.batchSize, length]).moved(to: device)
        )
    }
}
