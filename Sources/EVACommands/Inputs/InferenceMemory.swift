internal import EVAConfiguration
internal import EVAEvaluation
internal import EVAModels
internal import Foundation
internal import Torch

/// What a model and its batches need in memory, told before any of it is asked for.
///
/// Exhausted memory ends a process without a word, so what cannot fit is refused first.
struct InferenceMemory {
    let model: ModelDescription
    /// Pictures in the model at once.
    let batchSize: Int
    /// The flag that gives that number.
    let batchFlag: String
    /// Bytes of a number in a matrix.
    var elementSize = 4

    /// Batches that wait in the reader's queue, and the one in work.
    private static let batchesAtOnce = 3.0

    /// Bytes of the weights, and of the positions of the pictures' tokens.
    var weightBytes: Double { Double(model.configuration.parameterCount * elementSize) }

    /// Bytes of one picture: its pixels, waiting and in work, and the widest block of the tower.
    ///
    /// A block holds its input, its sum, the normed input, queries, keys, values, their result and
    /// the two halves of the MLP, all in 32 bits for a moment.
    var pictureBytes: Double {
        let vision = model.configuration.vision
        let pixels = 3 * Double(vision.imageSize) * Double(vision.imageSize) * 4
        let side = Double(vision.imageSize / vision.patchSize)
        let tokens = side * side + 1
        let block = tokens * Double(7 * vision.width + 2 * vision.mlpWidth) * 4
        return Self.batchesAtOnce * pixels + block
    }

    /// Refuses what does not fit into the memory that is left.
    ///
    /// - Parameter available: bytes that are left.
    /// - Throws: `EvaluationError` with the need, what there is, and the flags that change it.
    func check(available: Int = MachineMemory.available.bytes) throws(EvaluationError) {
        guard weightBytes + Double(batchSize) * pictureBytes > Double(available) else { return }
        let size = model.configuration.vision.imageSize
        let needed = MachineMemory.text(weightBytes + Double(batchSize) * pictureBytes)
        let fitting = Int((Double(available) - weightBytes) / pictureBytes)
        let remedy =
            fitting >= 1
            ? "use a --\(batchFlag) of at most \(fitting)"
            : "use a smaller --image_size or model, or a machine with more memory"
        throw EvaluationError(
            "\(model.name): \(batchSize) pictures of \(size) x \(size) at once and the weights need "
                + "about \(needed), \(MachineMemory.text(Double(available))) are free; \(remedy)")
    }

    /// Refuses prepared pictures that would not fit together.
    ///
    /// - Throws: `EvaluationError` with the need, what there is, and what changes it.
    static func checkPixels(
        of count: Int, size: Int, available: Int = MachineMemory.available.bytes
    ) throws(EvaluationError) {
        // All of them, and the bytes that are written.
        let needed = 2 * Double(count) * 3 * Double(size) * Double(size) * 4
        guard needed > Double(available) else { return }
        throw EvaluationError(
            "--images: \(count) pictures of \(size) x \(size) need about "
                + "\(MachineMemory.text(needed)) in one file, "
                + "\(MachineMemory.text(Double(available))) are free; prepare fewer at once, or use "
                + "a smaller --image_size")
    }
}
