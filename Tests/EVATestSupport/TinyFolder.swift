internal import EVATensorFiles
internal import Foundation

/// A folder with what a run of a fraction of a second needs; removed when the test lets go of it.
package final class TinyFolder {
    package let path: String

    package init() throws {
        path = (NSTemporaryDirectory() as NSString).appendingPathComponent(
            "evaclip-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The full path of a name in the folder.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a text, with the folders above it.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        let url = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return file(name)
    }

    /// Writes the configuration of an EVA-02 network for pictures of 32 pixels.
    ///
    /// - Parameter vocabularySize: 49,408 for texts, less for ready tensors alone.
    @discardableResult
    package func writeModel(
        vocabularySize: Int = 64, width: Int = 32, patchDropout: Double = 0, dropPath: Double = 0,
        to name: String = "model.json"
    ) throws -> String {
        try write(
            """
            {"embed_dim": 16,
             "vision_cfg": {"image_size": 32, "layers": 2, "width": \(width), "head_width": 16,
              "mlp_ratio": 2, "patch_size": 8, "eva_model_name": "tiny",
              "drop_path_rate": \(dropPath),
              "patch_dropout": \(patchDropout), "rope": true, "pt_hw_seq_len": 16,
              "intp_freq": true, "naiveswiglu": true, "subln": true},
             "text_cfg": {"context_length": 16, "vocab_size": \(vocabularySize), "width": 32,
              "heads": 2, "layers": 1}}
            """, to: name)
    }

    /// Writes ready tensors for that network: `image` and `input_ids`, the same at every call.
    ///
    /// - Parameters:
    ///   - textCount: different texts, which come round in turn; all differ where nil.
    ///   - faulty: records whose pictures are too large for any product of numbers.
    @discardableResult
    package func writeTensors(
        count: Int = 22, textCount: Int? = nil, faulty: Range<Int> = 0..<0,
        to name: String = "data.safetensors"
    ) throws -> String {
        var state: UInt64 = 1
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let size = 3 * 32 * 32
        var pixels = (0..<count * size).map { _ in Float(next() % 2000) / 500 - 2 }
        for place in faulty.lowerBound * size..<faulty.upperBound * size { pixels[place] = 3e38 }
        var ids: [Int64] = []
        for _ in 0..<(textCount ?? count) {
            // The end mark is the largest id; three words before it.
            ids += [62] + (0..<3).map { _ in Int64(next() % 60) } + [63, 0]
        }
        try SafetensorsWriter.write(
            [
                ("image", HostTensor(pixels, shape: [count, 3, 32, 32])),
                (
                    "input_ids",
                    HostTensor((0..<count * 6).map { ids[$0 % ids.count] }, shape: [count, 6])
                ),
            ], to: file(name))
        return file(name)
    }
}
